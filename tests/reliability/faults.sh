#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each kind of system call fails once, or from then on: the program ends with a documented status and one sentence, and the
# output is the old file or the whole new one, with nothing half-written beside it.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
need strace
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
strace -o /dev/null true 2>/dev/null || skip_all "strace cannot trace here"

mkdir "$dir/out"
"$FRAGWIZARD" --auto --duration 0 -o "$dir/case.json" >/dev/null 2>&1
[ -s "$dir/case.json" ] || { not_ok "a case to render was written"; finish; }

complaints=""
# try CALL ERROR WHEN COMMAND…: the command writes out/report.html
try() {
    call=$1 error=$2 when=$3
    shift 3
    echo old >"$dir/out/report.html"
    strace -f -o /dev/null -e trace="$call" -e inject="$call:error=$error:when=$when" "$@" -o "$dir/out/report.html" \
        >"$dir/stdout" 2>"$dir/stderr" </dev/null
    status=$?
    judge "$call=$error when=$when ($2)"
}

# What a run that met a failure may look like; its status is in $status
judge() {
    what=$1
    [ $status -eq 127 ] && return 0 # the dynamic loader's own end, before the program began
    [ $status -le 3 ] || complaints="$complaints
$what: exit status $status"
    [ "$(wc -l <"$dir/stderr")" -le 1 ] || complaints="$complaints
$what: $(head -n 3 "$dir/stderr" | tr '\n' '|')"
    [ "$(cat "$dir/out/report.html")" = old ] || tail -c 200 "$dir/out/report.html" | grep -q '</html>' ||
        complaints="$complaints
$what: a damaged report"
    rest=$(find "$dir/out" -mindepth 1 ! -name report.html)
    [ -z "$rest" ] || { complaints="$complaints
$what: left $rest"; rm -f "$dir"/out/.report* ; }
    [ $status -ne 0 ] || [ "$(cat "$dir/out/report.html")" != old ] || complaints="$complaints
$what: status 0 without a report"
}

# The first mmap is the loader's, which dies of it
many='2 3 4 6 8 11 15 20 27 36 48 64 90 130 200'
few='5 30 100 500 3000'
positions=$many
sweep() {
    title=$1 call=$2 error=$3
    shift 3
    complaints=""
    for n in $positions; do
        try "$call" "$error" "$n" "$@"
        try "$call" "$error" "$n+" "$@"
    done
    if [ -z "$complaints" ]; then ok "$title"; else
        not_ok "$title"
        printf '%s\n' "$complaints" | sed 's/^/# /' | head -n 20
    fi
}

for pair in write:ENOSPC fsync:EIO rename,renameat,renameat2:EACCES openat:EMFILE read:EIO mmap:ENOMEM; do
    sweep "report: ${pair%:*} failing with ${pair#*:}" "${pair%:*}" "${pair#*:}" "$FRAGWIZARD" report "$dir/case.json"
done
for pair in openat,openat2:EACCES read:EIO getdents64:EIO mmap:ENOMEM write:ENOSPC; do
    sweep "quick audit: ${pair%:*} failing with ${pair#*:}" "${pair%:*}" "${pair#*:}" "$FRAGWIZARD" --auto --playbook quick --duration 0
done
# The whole one reads all page flags each time
positions=$few
for pair in openat,openat2:EACCES read:EIO pread64:EIO process_vm_readv:ESRCH mmap:ENOMEM; do
    sweep "audit: ${pair%:*} failing with ${pair#*:}" "${pair%:*}" "${pair#*:}" "$FRAGWIZARD" --auto --duration 0
done

# Memory that runs out at any point
for mode in report quick audit; do
    complaints=""
    ended=0
    step=150
    [ $mode != audit ] || step=700
    for kib in $(seq 400 $step 6000); do
        echo old >"$dir/out/report.html"
        case $mode in
        report) set -- report "$dir/case.json" ;;
        quick) set -- --auto --playbook quick --duration 0 ;;
        audit) set -- --auto --duration 0 ;;
        esac
        prlimit --data=$((kib * 1024)) "$FRAGWIZARD" "$@" -o "$dir/out/report.html" >"$dir/stdout" 2>"$dir/stderr" </dev/null
        status=$?
        judge "$mode with $kib KiB of data"
        grep -q 'out of memory' "$dir/stderr" && ended=$((ended + 1))
    done
    [ $ended -gt 0 ] || complaints="$complaints
no limit was small enough to be felt"
    if [ -z "$complaints" ]; then ok "$mode: running out of memory"; else
        not_ok "$mode: running out of memory"
        printf '%s\n' "$complaints" | sed 's/^/# /' | head -n 20
    fi
done
finish
