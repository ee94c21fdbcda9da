#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The whole audit over captured trees with damaged files, under AddressSanitizer and UBSan: FUZZ_RUNS (200) runs from FUZZ_SEED.
. "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/tools/tap.sh"
need python3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
seen=$dir/seen
if ! sanitized; then
    # Built beside the program tested, and kept
    if ! make -C "$SRC" -s SANITIZE=address,undefined BUILD="$BUILD/san" "$BUILD/san/fragwizard" >"$seen" 2>&1; then
        not_ok "a sanitised program builds" "$seen"
        finish
    fi
    FRAGWIZARD=$BUILD/san/fragwizard
fi
XDG_STATE_HOME=$dir/state XDG_CONFIG_HOME=$dir/config HOME=$dir FRAGWIZARD=$FRAGWIZARD \
    python3 "$SRC/tests/fuzz/audit.py" "$SRC/tests/roots" "$dir" >"$seen" 2>&1
if [ $? = 0 ]; then
    ok "$(tail -n 1 "$seen")"
else
    not_ok "damaged trees: every run ends in a true report" "$seen"
fi
finish
