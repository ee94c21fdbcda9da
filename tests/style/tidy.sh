#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# clang-tidy finds nothing in src with the checks of .clang-tidy.
. "$(dirname "$0")/../tools/tap.sh"
need clang-tidy find xargs
[ -r "$BUILD/flags" ] || skip_all 'the flags of the build are not known'
seen=$(mktemp) || exit 1
trap 'rm -f "$seen"' EXIT
cd "$SRC" || exit 1
FLAGS="$(tr ' ' '\n' <"$BUILD/flags" | grep -E '^-([DI]|std)' | grep -v FORTIFY | tr '\n' ' ') -DFRAGWIZARD_VERSION=\"\""
export FLAGS
tidy() { # names of files hold no blanks, nor do flags
    find src -name '*.c' | xargs -P 2 -n 12 sh -c 'clang-tidy --quiet "$@" -- $FLAGS' sh >"$seen" 2>&1
}
check 'clang-tidy finds nothing' tidy
finish
