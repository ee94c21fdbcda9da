#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# It builds without a warning with clang and with link-time optimisation, and equally in another directory.
. "$(dirname "$0")/../tools/tap.sh"
need make tar
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
seen=$work/log

silent() { # ARGUMENT… of make: builds and says nothing but what it makes
    make -s -C "$SRC" -j2 WERROR=-Werror "$@" >"$seen" 2>&1 && ! grep -q 'warning:' "$seen"
}
if command -v clang >/dev/null; then
    check 'clang' silent CC=clang SANITIZE= BUILD="$work/clang" all
    check 'what clang built runs' quiet "$work/clang/fragwizard" --version
else
    skip 'clang' 'no clang'
fi
echo 'int main(void) { return 0; }' >"$work/x.c"
if ${CC:-cc} -flto -o "$work/x" "$work/x.c" 2>/dev/null; then
    check 'link-time optimisation' silent SANITIZE= CFLAGS='-O2 -g -flto=auto' BUILD="$work/lto" all
    check 'what it built runs' quiet "$work/lto/fragwizard" --version
else
    skip 'link-time optimisation' 'the compiler has none'
fi
if [ -r "$BUILD/flags" ] && ! sanitized; then
    mkdir "$work/elsewhere"
    (cd "$SRC" && tar cf - Makefile VERSION src tools playbooks templates) | tar xf - -C "$work/elsewhere"
    make -s -C "$work/elsewhere" -j2 SANITIZE= BUILD=build all >"$seen" 2>&1
    if cmp -s "$BUILD/flags" "$work/elsewhere/build/flags"; then
        check 'equal byte by byte in another directory' cmp "$BUILD/fragwizard" "$work/elsewhere/build/fragwizard"
    else
        skip 'equal byte by byte in another directory' 'this build was made with other flags'
    fi
else
    skip 'equal byte by byte in another directory' 'a sanitized build'
fi
finish
