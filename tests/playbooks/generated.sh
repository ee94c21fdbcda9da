#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What follows from the keys of a playbook is what stands in the tree: `make schema` would change nothing.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
seen=$(mktemp)
trap 'rm -f "$seen"' EXIT

schema() {
    "$BUILD/playbook_schema" schema | diff - "$SRC/schema/playbook.json" >"$seen"
}
tables() {
    "$BUILD/playbook_schema" tables <"$SRC/docs/playbooks.md" | diff - "$SRC/docs/playbooks.md" >"$seen"
}
check 'schema/playbook.json is as declared' schema
check 'the tables of docs/playbooks.md are as declared' tables
is 'no table of keys is written by hand' "$(grep -c '^| Key ' "$SRC/docs/playbooks.md")" "$(grep -c '^<!-- keys: ' "$SRC/docs/playbooks.md")"
finish
