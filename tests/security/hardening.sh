#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the compiler was asked for is in the program: read from the ELF itself.
. "$(dirname "$0")/../tools/tap.sh"
need readelf nm objdump
[ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
seen=$work/elf
readelf -W -h -l -d -n "$FRAGWIZARD" >"$seen" 2>/dev/null
nm -D "$FRAGWIZARD" >"$work/symbols"

check 'position independent (PIE)' grep -q '^ *Type: *DYN' "$seen"
check 'relocations are read-only (RELRO)' grep -q GNU_RELRO "$seen"
check 'all symbols are bound at the start (BIND_NOW)' grep -qE 'BIND_NOW|FLAGS_1.* NOW' "$seen"
check 'the stack is not executable' grep -qE 'GNU_STACK.* RW +0x' "$seen"
if grep -qE '^ *LOAD.* RWE ' "$seen"; then
    not_ok 'no segment is both writable and executable' "$seen"
else
    ok 'no segment is both writable and executable'
fi
if grep -qE '\((RPATH|RUNPATH|TEXTREL)\)' "$seen"; then
    not_ok 'no search path for libraries, no text relocation' "$seen"
else
    ok 'no search path for libraries, no text relocation'
fi
if grep -q __stack_chk_fail "$work/symbols"; then
    ok 'stack protector'
elif nm "$FRAGWIZARD" | grep -q __stack_chk_fail; then
    ok 'stack protector'
else
    not_ok 'stack protector' "$work/symbols"
fi
if sanitized; then
    skip 'checked library calls (FORTIFY)' 'a sanitized build'
elif ldd --version 2>&1 | grep -qi musl; then
    skip 'checked library calls (FORTIFY)' 'musl has none'
else
    check 'checked library calls (FORTIFY)' grep -qE '__[a-z]+_chk(@|$)' "$work/symbols"
fi
if [ "$(uname -m)" = x86_64 ]; then
    # The note in the ELF is dropped as soon as one object of the C library lacks it (Debian's do): look at our own code
    if objdump -d --no-show-raw-insn "$FRAGWIZARD" | awk '/<main>:$/ { getline; found = /endbr64/ } END { exit !found }'; then
        ok 'indirect branches land on marks only (CET)'
    else
        not_ok 'indirect branches land on marks only (CET)'
    fi
fi
for call in strcpy strcat sprintf gets system popen execve execvp execv posix_spawn socket connect; do
    if grep -qE " U $call(@|\$)" "$work/symbols"; then
        not_ok "does not call $call"
    else
        ok "does not call $call"
    fi
done
finish
