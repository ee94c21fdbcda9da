#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The metrics as Prometheus' own checker sees them.
. "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/tools/tap.sh"
need promtool
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
FRAGWIZARD_TEST_REPORTS=$dir "$BUILD/tests/test_formats" >"$dir/log" 2>&1

# passes NAME: no complaint and no advice
passes() {
    seen=$dir/seen
    promtool check metrics <"$dir/sample-$1.prom" >"$seen" 2>&1 && [ ! -s "$seen" ]
}
check "the metrics of a full case pass promtool" passes critical
check "those of an empty case too" passes unknown
finish
