#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A reader that closes the pipe has seen enough: nothing is said, and the exit status is as without it. A full disk is an error.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
seen=$dir/stderr
tree=$SRC/tests/roots/linux-6.18

# into READER WORDS…: standard output goes to a reader that closes it early, or at once
into() {
    reader=$1
    shift
    { "$FRAGWIZARD" "$@" 2>"$seen"; echo $? >"$dir/status"; } | $reader >/dev/null
    status=$(cat "$dir/status")
}
for words in '--help' '--version' 'list facts' 'list --help' 'explain zone' 'probe memory' 'probe processes --format json' \
    "--root $tree --auto" "--root $tree --auto --format json" "--root $tree --auto -o -"; do
    "$FRAGWIZARD" $words >/dev/null 2>"$dir/before"
    expected=$?
    for reader in 'head -n 1' true; do
        into "$reader" $words
        is "$words | $reader: exit status" "$status" "$expected"
        # what is said of the examined machine stays
        is "$words | $reader: nothing is said" "$(cat "$seen")" "$(cat "$dir/before")"
    done
done

into true --root "$tree" --auto -o - -o "$dir/report.txt"
check 'a report after it is written all the same' grep -q Verdict "$dir/report.txt"

if [ -c /dev/full ]; then
    for words in '--help' 'list facts' 'probe memory' 'probe memory --format json'; do
        "$FRAGWIZARD" $words >/dev/full 2>"$seen"
        is "$words to a full device: exit status" $? 3
        is "$words to a full device: one line is said" "$(grep -c 'standard output' "$seen")/$(wc -l <"$seen")" 1/1
    done
else
    skip 'a full device' 'no /dev/full'
fi
finish
