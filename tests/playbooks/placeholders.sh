#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Advice can be run as it stands: what the shipped playbooks recommend has no word in capitals that the reader is to replace.
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# Words of languages, of settings and of trades, and signals; a new one is added here only if nobody is to fill it in
words='BY CDLL CMA CONFIG DESC DOCTOR ENOMEM FROM GC GET GLOBAL GOGC GOMEMLIMIT GROUP HUP IFS INFO JDK JVM LIKE LIMIT MALLOC_ARENA_MAX
MALLOC_CONF MALLOC_TRIM_THRESHOLD_ MAT MEMORY NET NF NUMA OOM ORDER PHP PURGE PYTHONTRACEMALLOC LD_PRELOAD RAM RDMA SELECT SET SHOW
SIGUSR2 STATUS SYSV USR1 USR2 VFIO VM WHERE XDEBUG_TRIGGER XX'
echo "$words" | tr ' ' '\n' | sort >"$tmp/allowed"

# A word within another (vm.nr_, -XX:+) is none; of single capitals the language C, ArrayPool<T> and System V are words
in_capitals() {
    sed -n '/^recommendations:/,/^verdicts:/p' "$1" | sed 's/memory(K) || K <-//' | grep -oE '(^|[^A-Za-z0-9_:+.-])[A-Z][A-Z0-9_]*([^A-Za-z0-9_+:]|$)' |
        tr -cd 'A-Z0-9_\n' | sort -u
}

for f in "$SRC"/playbooks/*.yaml; do
    in_capitals "$f" | comm -23 - "$tmp/allowed" | grep -vxE 'A|C|I|T|V' >"$tmp/seen"
    seen=$tmp/seen
    check "${f#"$SRC"/}: what it recommends is filled in" test ! -s "$tmp/seen"
done
printf 'recommendations:\n    apply: kill PID, see NAME.py and vm.nr_hugepages=N for redis GET\nverdicts:\n' >"$tmp/bad.yaml"
is "placeholders are found" "$(in_capitals "$tmp/bad.yaml" | comm -23 - "$tmp/allowed" | tr '\n' ' ')" "N NAME PID "
grep -v '^#' "$SRC/playbooks/memory-fragmentation.yaml" | awk '/^recommendations:/ { inside = 1 } /^verdicts:/ { inside = 0 } inside' >"$tmp/advice"
seen=$tmp/advice
check "no undo takes back other people's changes" sh -c '! grep -q "systemctl revert" "$1"' - "$tmp/advice"
check "nothing is restarted by the name of a scope" sh -c '! grep -qE "systemctl (restart|reload|kill) .*\.scope" "$1"' - "$tmp/advice"
finish
