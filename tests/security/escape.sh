#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A captured tree comes from somebody else: its links lead nowhere outside, its FIFOs and devices do not hang us.
. "$(dirname "$0")/../tools/tap.sh"
need timeout jq
[ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
seen=$work/all

secret=s3cret-$$
mkdir "$work/outside"
printf 'MemTotal: 111111 kB\n%s 424242\nvm.swappiness = 77\n' $secret >"$work/outside/file"
mkdir "$work/outside/4242"
printf '4242 (%s) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 1000000 300 0\n' $secret >"$work/outside/4242/stat"
printf 'Name:\t%s\nUid:\t0\t0\t0\t0\nVmRSS:\t 1200 kB\n' $secret >"$work/outside/4242/status"
printf 'x-y ---p 0 0 0 [rollup]\nRss: 1200 kB\nPss: 1200 kB\nPrivate_Dirty: 1200 kB\n' >"$work/outside/4242/smaps_rollup"

tree() { # a fresh copy to spoil
    rm -rf "$work/tree"
    cp -R "$SRC/tests/roots/linux-6.18" "$work/tree"
    rm -rf "$work/tree/moment"
}
audit() { # WHAT: ends, in time, with an exit status that the contract knows
    status=0
    timeout -s KILL 20 "$FRAGWIZARD" --root "$work/tree" --auto --format json >"$work/json" 2>"$work/stderr" </dev/null || status=$?
    timeout -s KILL 20 "$FRAGWIZARD" --root "$work/tree" --auto >"$work/text" 2>>"$work/stderr" </dev/null
    cat "$work/stderr" "$work/text" "$work/json" >"$work/all"
    check "$1: ends in time" test $status -le 3
}
sealed() {
    if grep -q -e $secret -e root:x:0:0:root "$work/all"; then
        not_ok "$1: nothing from outside is shown" "$work/all"
    else
        ok "$1: nothing from outside is shown"
    fi
}

tree
ln -sf "$work/outside/file" "$work/tree/proc/meminfo"
audit 'an absolute link'
sealed 'an absolute link'
if jq -e '[.. | numbers | select(. == 113777664)] | length > 0' "$work/json" >/dev/null 2>&1; then
    not_ok 'an absolute link: nor are its numbers used'
else
    ok 'an absolute link: nor are its numbers used'
fi

tree
ln -sf ../../outside/file "$work/tree/proc/vmstat"
ln -sf ../../../../../../../../../../etc/passwd "$work/tree/proc/meminfo"
ln -sf ../../../../../../../../../../../../etc/passwd "$work/tree/proc/sys/vm/swappiness"
audit 'a link upwards'
sealed 'a link upwards'

tree
ln -s "$work/outside/4242" "$work/tree/proc/4242"
ln -s /proc/self "$work/tree/proc/4243"
ln -s ../../outside/4242 "$work/tree/proc/4244"
audit 'a process that is a link'
sealed 'a process that is a link'

tree
rm -rf "$work/tree/proc/sys" "$work/tree/sys"
ln -s /proc/sys "$work/tree/proc/sys"
ln -s /sys "$work/tree/sys"
audit 'directories that are links'
if jq -e --arg host "$(cat /proc/sys/kernel/hostname)" '.host.name == $host and $host != "linux-6-18"' "$work/json" >/dev/null 2>&1; then
    not_ok 'directories that are links: this machine is not taken for the other' "$work/text"
else
    ok 'directories that are links: this machine is not taken for the other'
fi

tree
for file in meminfo vmstat zoneinfo buddyinfo slabinfo swaps uptime; do
    rm -f "$work/tree/proc/$file"
    mkfifo "$work/tree/proc/$file"
done
audit 'FIFOs for files'

tree
for file in meminfo vmstat slabinfo; do
    rm -f "$work/tree/proc/$file"
    mkdir "$work/tree/proc/$file"
done
audit 'directories for files'

tree
ln -sf meminfo "$work/tree/proc/vmstat"
ln -sf loop "$work/tree/proc/loop"
ln -sf loop "$work/tree/proc/slabinfo"
audit 'links in a circle'

if [ "$(id -u)" = 0 ]; then
    tree
    rm -f "$work/tree/proc/meminfo" "$work/tree/proc/vmstat"
    if mknod "$work/tree/proc/meminfo" c 1 5 2>/dev/null && mknod "$work/tree/proc/vmstat" c 1 8 2>/dev/null; then
        audit 'endless devices for files'
    else
        skip 'endless devices for files' 'may not make devices'
    fi
else
    skip 'endless devices for files' 'needs root'
fi

tree
rm -f "$work/tree/proc/slabinfo" "$work/tree/proc/meminfo"
truncate -s 1T "$work/tree/proc/slabinfo" 2>/dev/null || truncate -s 8G "$work/tree/proc/slabinfo"
truncate -s 8G "$work/tree/proc/meminfo"
audit 'files of a terabyte'

# The output does not follow a link that waits for it
tree
echo old >"$work/outside/target"
ln -s "$work/outside/target" "$work/report.html"
"$FRAGWIZARD" --root "$work/tree" --auto -o "$work/report.html" >/dev/null 2>&1
is 'an output that is a link: what it points to is untouched' "$(cat "$work/outside/target")" old
finish
