#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What each probe opens below /proc and /sys it declares, and a capture, which copies what is declared, lacks nothing that a
# probe looks for in it.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
need strace python3
[ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
seen=$dir/stderr
cd "$dir" || exit 1
strace -o probe true 2>/dev/null || skip_all 'may not trace'
if sanitized; then
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
    export ASAN_OPTIONS
fi
sleep 600 &
sleeper=$!
trap 'kill $sleeper; rm -rf "$dir"' EXIT
names=$("$FRAGWIZARD" list probes | awk 'NR > 1 && /^[a-z]/ {print $1}')
check "every probe is asked" test "$(echo "$names" | wc -w)" -ge 16

opened() { # FILE COMMAND…
    file=$1
    shift
    strace -f -y -s 4096 -e trace=open,openat,openat2 -o "$file" "$@" >"$file.json" 2>"$seen"
}
for name in $names; do
    opened "$name.live" "$FRAGWIZARD" probe "$name" pid=$sleeper window=1s --format json
done
"$FRAGWIZARD" capture tree --pid $sleeper --duration 1s >out 2>"$seen"
is "a capture" $? 0
for name in $names; do
    "$FRAGWIZARD" explain "$name" | sed -n "/^$name: a probe/,/^$/p" >"$name.says"
    opened "$name.tree" "$FRAGWIZARD" probe "$name" pid=$sleeper --root tree --format json
    python3 "$SRC/tests/tools/reads.py" declared "$name.says" "$name.live" >"$seen" 2>&1
    check "$name: what it opens is declared" test $? = 0
    python3 "$SRC/tests/tools/reads.py" captured "$name.says" "$name.tree" "$dir/tree" >"$seen" 2>&1
    check "$name: what it looks for in a capture is there" test $? = 0
    "$FRAGWIZARD" probe "$name" pid=$sleeper window=1s --format json >after.json 2>"$seen"
    python3 "$SRC/tests/tools/reads.py" same "$name.says" "$name.live.json" after.json "$name.tree.json" $sleeper >"$seen" 2>&1
    check "$name: what is known of the machine is known of the capture, and what stood still is the same" test $? = 0
done
finish
