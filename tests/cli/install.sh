#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# `make install` and `make uninstall`: nothing is left behind, and nothing of others is touched. `make clean`.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
need make
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
seen=$dir/seen

in_source() {
    make -C "$SRC" BUILD="$BUILD" DESTDIR="$dir/root" PREFIX=/opt/x "$@" >"$seen" 2>&1
}
mkdir -p "$dir/root/opt/x/bin"
echo other >"$dir/root/opt/x/bin/other"
check "make install" in_source install
is "what is installed" "$(cd "$dir/root/opt/x" && find . -type f | LC_ALL=C sort | tr '\n' ' ')" \
    "./bin/fragwizard ./bin/other ./share/fragwizard/case.json ./share/fragwizard/diff.json ./share/fragwizard/playbook.json ./share/man/man1/fragwizard.1 "
check "it runs" "$dir/root/opt/x/bin/fragwizard" --version
is "twice is the same" "$(in_source install; echo $?)" 0
check "make uninstall" in_source uninstall
is "nothing is left" "$(cd "$dir/root" && find . -type f)" ./opt/x/bin/other
check "no directory of its own" [ ! -e "$dir/root/opt/x/share/fragwizard" ]

# The manual page
if command -v mandoc >/dev/null; then
    check "the manual page has no mistakes" sh -c 'mandoc -T lint -W error "$0" >"$1"' "$SRC/docs/fragwizard.1" "$seen"
elif command -v groff >/dev/null; then
    check "the manual page has no mistakes" sh -c 'groff -man -ww -z "$0" 2>"$1"; [ ! -s "$1" ]' "$SRC/docs/fragwizard.1" "$seen"
else
    skip "the manual page has no mistakes" "neither mandoc nor groff"
fi
missing=
for word in $("$FRAGWIZARD" audit --help | grep -Eo '^  (-o, )?--[a-z-]+' | grep -Eo -- '--[a-z-]+'); do
    sed 's/\\-/-/g' "$SRC/docs/fragwizard.1" | grep -q -- "$word" || missing="$missing $word"
done
for verb in $("$FRAGWIZARD" --help | awk '/^  [a-z]+ / && $1 != "fragwizard" { print $1 }'); do
    grep -q "$verb" "$SRC/docs/fragwizard.1" || missing="$missing $verb"
done
is "the manual page knows every verb and option" "$missing" ""

cp -r "$SRC/Makefile" "$SRC/VERSION" "$dir/"
mkdir -p "$dir/build/obj"
check "make clean" make -C "$dir" clean
check "takes the build away" [ ! -e "$dir/build" ]
finish
