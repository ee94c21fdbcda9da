#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The unit programs under AddressSanitizer and UndefinedBehaviorSanitizer.
. "$(dirname "$0")/../tools/tap.sh"
need make
! sanitized || skip_all 'the unit programs are sanitized already'
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
seen=$work/seen
echo 'int main(void) { return 0; }' >"$work/x.c"
${CC:-cc} -fsanitize=address,undefined -o "$work/x" "$work/x.c" 2>"$seen" && "$work/x" || skip_all 'the compiler has no sanitizers'
# gcc warns of what is not so where its sanitizers changed the code
make -C "$SRC" -s -j2 WERROR= SANITIZE=address,undefined BUILD="$BUILD/san" unit >"$seen" 2>&1 || {
    not_ok 'it builds' "$seen"
    finish
}
for source in "$SRC"/tests/unit/test_*.c; do
    name=$(basename "$source" .c)
    sanitary() {
        (cd "$SRC" && BUILD=$BUILD/san timeout 120 "$BUILD/san/tests/$name") >"$seen" 2>&1 </dev/null
    }
    check "$name" sanitary
done
finish
