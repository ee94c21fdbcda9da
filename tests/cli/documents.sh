#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every --option that the documents name is one of a verb's, or stands on a line about another program.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
seen=$dir/seen
options() {
    grep -Eo -- '(^|[^[:alnum:]-])--[a-z][a-z-]*' | sed 's/^[^-]*//'
}
for verb in $("$FRAGWIZARD" --help | awk '/^  [a-z]+ / && $1 != "fragwizard" { print $1 }'); do
    "$FRAGWIZARD" "$verb" --help
done >"$dir/help"
{ cat "$dir/help"; echo ' --auto --help --version'; } | options | sort -u >"$dir/known"
check 'the verbs tell their options' test "$(wc -l <"$dir/known")" -gt 15

# Of other programs: options on lines that name them
others='install-needs|clang-format|clang-tidy|gcovr|git |mount |swapon|perf |apt-get|setpriv|redis-cli|python3-mprof|valgrind'
for file in "$SRC"/README.md "$SRC"/CONTRIBUTING.md "$SRC"/docs/*.md "$SRC"/docs/*.1; do
    sed 's/\\-/-/g' "$file" | grep -vE "$others" | options | sort -u >"$dir/named"
    comm -23 "$dir/named" "$dir/known" >"$seen"
    is "${file#"$SRC"/} names no option that does not exist" "$(tr '\n' ' ' <"$seen")" ''
done
finish
