#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What follows from the declarations is what stands in the tree: `make schema` would change nothing.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
seen=$(mktemp)
trap 'rm -f "$seen"' EXIT

same() {
    "$BUILD/schema" "$1" | diff - "$SRC/$2" >"$seen"
}
check "schema/case.json is as declared" same case schema/case.json
check "docs/facts.md is as declared" same facts docs/facts.md
check "docs/case.md is as declared" same records docs/case.md
finish
