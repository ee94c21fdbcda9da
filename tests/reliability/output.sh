#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Where the output cannot be written: one clear sentence, exit status 3, the old file whole, nothing left behind.
. "$(dirname "$0")/../tools/tap.sh"
[ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'
work=$(mktemp -d) || exit 1
end() {
    [ ! -d "$work/small" ] || ! mountpoint -q "$work/small" || umount "$work/small"
    rm -rf "$work"
}
trap end EXIT
seen=$work/stderr
tree=$SRC/tests/roots/linux-6.18

complains() { # WHAT: the last run said one sentence on stderr and ended with 3
    is "$1: exit status" "$status" 3
    is "$1: one line is said" "$(wc -l <"$work/stderr")" 1
    check "$1: by name" grep -q '^fragwizard: ' "$work/stderr"
}
run() {
    status=0
    "$FRAGWIZARD" --root "$tree" --auto "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
}

run -o "$work/no/such/directory/report.html"
complains 'a directory that does not exist'
check 'a directory that does not exist: it is named' grep -q no/such/directory "$work/stderr"
mkdir "$work/directory.html"
run -o "$work/directory.html"
complains 'an output that is a directory'
check 'an output that is a directory: it is still there and empty' rmdir "$work/directory.html"
run -o "$work/report.pdf"
complains 'a format that does not exist'

if [ -c /dev/full ]; then
    status=0
    "$FRAGWIZARD" --root "$tree" --auto >/dev/full 2>"$work/stderr" || status=$?
    complains 'a standard output that is full'
    check 'a standard output that is full: says so' grep -qi 'no space' "$work/stderr"
    status=0
    "$FRAGWIZARD" --help >/dev/full 2>"$work/stderr" || status=$?
    is 'help to a full device is no success' "$status" 3
else
    skip 'a standard output that is full' 'no /dev/full'
fi

mkdir "$work/small"
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=20k,mode=755 fragwizard-test "$work/small" 2>/dev/null; then
    echo 'the old report' >"$work/small/report.html"
    run -o "$work/small/report.html"
    complains 'a disk that is full'
    is 'a disk that is full: the old file is whole' "$(cat "$work/small/report.html")" 'the old report'
    is 'a disk that is full: nothing else is left' "$(ls -A "$work/small")" report.html
    umount "$work/small"
    mount -t tmpfs -o size=64k,nr_inodes=2,mode=755 fragwizard-test "$work/small"
    : >"$work/small/x" 2>/dev/null
    run -o "$work/small/report.txt"
    complains 'a disk without inodes'
    mount -o remount,ro "$work/small"
    run -o "$work/small/report.txt"
    complains 'a file system that is read-only'
    umount "$work/small"
else
    skip 'a disk that is full' 'may not mount'
fi

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1; then
    mkdir "$work/theirs" "$work/free"
    cp "$FRAGWIZARD" "$work/fragwizard"
    cp -R "$tree" "$work/tree"
    chmod -R a+rX "$work"
    chmod 1777 "$work/free"
    chmod 755 "$work" "$work/fragwizard" "$work/theirs"
    echo 'the old report' >"$work/theirs/report.txt"
    nobody() {
        status=0
        HOME=/nonexistent XDG_STATE_HOME=/nonexistent XDG_CONFIG_HOME=/nonexistent setpriv --reuid 65534 --regid 65534 --clear-groups \
            --inh-caps=-all -- "$work/fragwizard" --root "$work/tree" --auto "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
    }
    nobody -o "$work/free/report.txt"
    if [ $status = 126 ] || [ $status = 127 ]; then
        skip 'a directory of someone else' 'nobody cannot run it here'
    else
        check 'an ordinary user, no home, no state directory: the report is written' test -s "$work/free/report.txt"
        nobody -o "$work/theirs/report.txt"
        complains 'a directory of someone else'
        check 'a directory of someone else: permission denied' grep -qi 'permission denied' "$work/stderr"
        is 'a directory of someone else: the old file is whole' "$(cat "$work/theirs/report.txt")" 'the old report'
    fi
else
    skip 'a directory of someone else' 'needs root and setpriv'
fi

for format in text html json nagios; do
    { "$FRAGWIZARD" --root "$tree" --auto --format $format 2>"$work/stderr"; echo $? >"$work/status"; } | head -c 10 >/dev/null
    check "a closed pipe ($format): no signal, no crash" test "$(cat "$work/status")" -le 3
    check "a closed pipe ($format): at most one line is said" test "$(wc -l <"$work/stderr")" -le 1
done
status=0
"$FRAGWIZARD" --root "$tree" --auto >&- 2>"$work/stderr" || status=$?
check 'no standard output at all' test $status -le 3
status=0
"$FRAGWIZARD" --root "$tree" --auto -o "$work/closed.txt" <&- >&- 2>&- || status=$?
check 'no standard descriptors at all: the report is not mixed up with them' grep -q . "$work/closed.txt"
(ulimit -f 1 2>/dev/null && run -o "$work/limited.html" && exit 9; exit 0)
check 'a limit on file sizes: no half report' test ! -e "$work/limited.html"
is 'a limit on file sizes: nothing is left' "$(find "$work" -maxdepth 1 -name '*limited*' | wc -l)" 0
finish
