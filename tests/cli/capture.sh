#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A capture judged as the machine was; what it refuses, and how it ends early or badly.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
need jq
dir=$(mktemp -d)
chmod 755 "$dir"
trap 'rm -rf "$dir"' EXIT
seen=$dir/stderr
cd "$dir" || exit 1

holds() { # jq's words: the last result is true
    jq -e "$@" >/dev/null 2>"$seen"
}

# What can be told from a capture too: heaps are not in it, nor what a fault of theirs makes of the whole
judged() { # STATUS CASE
    faulty=$(jq -r '(.findings[] | select(.step == "heaps" and .severity != "info") | .id),
        (.verdicts[] | select((.id | test("^(arena|heap)-")) and (.state == "confirmed" or .state == "likely")) | .id)' live.json)
    {
        echo "status $1"
        jq -r '.verdicts[] | "\(.id) \(.state)"' "$2"
    } | grep -vE "^(arena-growth|heap-fragmentation|heap-retention${faulty:+|leak|healthy|status}) " | sort
}
live() {
    "$FRAGWIZARD" --auto --duration 0 --pid $$ --format json >live.json 2>"$seen"
    status=$?
    judged $status live.json
}
look() { # `expected`: what this machine is judged before and after the capture; `got`: what the capture is, of that
    live >before
    "$FRAGWIZARD" capture tree --pid $$ >out 2>"$seen"
    captured="$? $(cat "$seen")"
    live >after
    comm -12 before after >expected
    "$FRAGWIZARD" --root tree --auto --pid $$ --format json >tree.json 2>"$seen"
    judged $? tree.json | comm -12 - expected >got
}
look
is "a capture" "$captured" "0 "
for name in page_size hostname time version user machine; do
    check "it tells $name" grep -q "^$name ." tree/fragwizard-capture
done
is "only its owner reads it" "$(find tree ! -perm 700 -type d -o ! -perm 600 -type f | head -n 3)" ""
is "command lines only of the process named" "$(find tree/proc -name cmdline | sed 's/.*proc.//')" "$$/cmdline"
is "no environment, no links, no passwords" "$(find tree -name environ -o -type l; cut -d: -f2 tree/etc/passwd | sort -u)" x
# What moved just while it was captured is as it should be in a later one
for _ in 1 2 3; do
    cmp -s got expected && break
    rm -r tree
    look
done
is "the same status and verdicts elsewhere, where this machine's stayed the same" "$(cat got)" "$(cat expected)"
check "most of them did" [ "$(wc -l <expected)" -ge 6 ]
# memory moves between the two looks; what the machine is does not
is "the same host" "$(jq -Sc '.host | del(.uptime, .memory_total, .balloon)' tree.json)" \
    "$(jq -Sc '.host | del(.uptime, .memory_total, .balloon)' live.json)"
is "every cache with its kind" "$("$FRAGWIZARD" probe slab --root tree --format json | jq '[.cache[]? | select(.reclaimable == null)] | length')" \
    "$("$FRAGWIZARD" probe slab window=0 --format json | jq '[.cache[]? | select(.reclaimable == null)] | length')"

"$FRAGWIZARD" capture tree >out 2>"$seen"
is "an existing directory is refused" "$? $(grep -c 'tree: exists already' "$seen")" "3 1"
"$FRAGWIZARD" capture nowhere/tree >out 2>"$seen"
is "one that cannot be made too" "$? $(grep -c 'does not exist' "$seen")" "3 1"
"$FRAGWIZARD" capture none --pid 4194000 >out 2>"$seen"
is "a process that is not there" "$? $(ls -d none 2>/dev/null)" "3 "

"$FRAGWIZARD" capture window --duration 2s >out 2>"$seen"
is "a window has its moments" "$? $(ls window/moment | sort -n | tr '\n' ' ')" "0 0 1 2 3 4 "
"$FRAGWIZARD" --root window --auto --format json >window.json 2>"$seen"
check "so that rates are known" holds '.facts.vmstat.vmstat[0] | .window >= 1.9 and .swap_in != null' window.json

# A shell starts what it puts in the background with SIGINT ignored; python does not
python3 - "$FRAGWIZARD" >out 2>"$seen" <<'P'
import signal, subprocess, sys, time
run = subprocess.Popen([sys.argv[1], "capture", "early", "--duration", "60s"])
time.sleep(1.5)
run.send_signal(signal.SIGINT)
begun = time.time()
status = run.wait(timeout=30)
print(status, time.time() - begun < 10)
P
is "SIGINT ends the window" "$(tail -n 1 out)" "0 True"
"$FRAGWIZARD" --root early --auto --format json >early.json 2>"$seen"
check "and what was captured is whole" holds '.facts.vmstat.vmstat[0].window > 0 and .facts.processes.status != "absent"' early.json

if [ "$(id -u)" = 0 ]; then
    mkdir small
    if mount -t tmpfs -o size=128k none small 2>/dev/null; then
        "$FRAGWIZARD" capture small/tree >out 2>"$seen"
        is "a full disk is told, and that the capture is not complete" "$? $(grep -c 'o space left.*not complete' "$seen") $(wc -l <"$seen")" "3 1 1"
        check "such a capture has no mark" [ ! -e small/tree/fragwizard-capture ]
        umount small
    else
        skip "a full disk" "no mount here"
    fi
    if command -v setpriv >/dev/null; then
        mkdir nobody
        chown 65534:65534 nobody
        cp "$FRAGWIZARD" nobody.bin
        chmod 755 nobody.bin
        setpriv --reuid 65534 --regid 65534 --clear-groups ./nobody.bin capture nobody/tree >out 2>"$seen"
        is "without privilege" "$? $(grep -c 'root could read it' out)" "0 1"
        check "what was refused is listed" grep -qx 'proc/slabinfo' nobody/tree/fragwizard-denied
        "$FRAGWIZARD" --root nobody/tree --auto --format json >nobody.json 2>"$seen"
        check "and judged as refused, not as absent" holds '.facts.processes.status | . == "partial" or . == "denied"' nobody.json
        check "by whom is known" holds '.host.user == "nobody"' nobody.json
    fi
fi
finish
