#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Allocators other than glibc's: the name, or unknown, and never a number for what their heaps hold.
. "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/tools/tap.sh"
need jq
[ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'
[ -x "$BUILD/tests/mallocs" ] || skip_all 'mallocs is not built'
work=$(mktemp -d) || exit 1
victim=
stop() {
    exec 8>&-
    [ -z "$victim" ] || wait "$victim" 2>/dev/null
    victim=
    rm -f "$work/hold"
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
seen=$work/seen

# look PRELOAD PROGRAM ARGUMENT…: its heap goes to $seen; false if it does not run here
look() {
    preload=$1
    shift
    mkfifo "$work/hold"
    : >"$work/said"
    if [ -n "$preload" ]; then
        LD_PRELOAD=$preload "$@" <"$work/hold" >"$work/said" 2>"$work/complaint" &
    else
        "$@" <"$work/hold" >"$work/said" 2>"$work/complaint" &
    fi
    victim=$!
    exec 8>"$work/hold"
    tries=0
    until grep -q ready "$work/said"; do
        tries=$((tries + 1))
        if [ $tries -gt 300 ] || ! kill -0 "$victim" 2>/dev/null; then
            stop
            return 1
        fi
        sleep 0.1
    done
    "$FRAGWIZARD" probe heap "pid=$victim" --format json >"$work/json" 2>"$work/complaint"
    jq -c --argjson pid "$victim" '.total[] | select(.pid == $pid)' "$work/json" >"$seen"
    stop
    if grep -q 'permission denied' "$seen"; then
        skip_all 'may not read another process here'
    fi
}

is_unknown() { # WHAT ALLOCATOR
    is "$1: the allocator" "$(jq -r .allocator "$seen")" "$2"
    is "$1: unknown" "$(jq -r .state "$seen")" unknown
    check "$1: with a reason" quiet jq -e '.reason | length > 20' "$seen"
    check "$1: no number for its heap" quiet jq -e '[.in_use, .free, .live, .held, .trimmable, .pinned, .mmapped, .system,
        .live_change, .arenas, .python_in_use] | all(. == null)' "$seen"
    check "$1: its pages are counted all the same" quiet jq -e '.outside > 60e6 and .outside < 100e6 and .rss > 60e6' "$seen"
}

library() { # NAME: its path, or nothing
    /sbin/ldconfig -p 2>/dev/null | sed -n "s/.*[[:blank:]]$1.*=> //p" | head -n 1
}

for pair in libtcmalloc_minimal.so.4:tcmalloc 'libmimalloc.so.[23]:mimalloc'; do
    name=${pair#*:}
    path=$(library "${pair%:*}")
    if [ -n "$path" ] && look "$path" "$BUILD/tests/mallocs" 64; then
        is_unknown "$name" "$name"
    else
        skip "$name" "${pair%:*} is not installed"
    fi
done

if command -v musl-gcc >/dev/null 2>&1 && musl-gcc -O1 -o "$work/musl" "$SRC/tests/tools/mallocs.c" 2>"$work/complaint" &&
    look '' "$work/musl" 64; then
    is_unknown 'musl' musl
    if musl-gcc -O1 -static -o "$work/static" "$SRC/tests/tools/mallocs.c" 2>"$work/complaint" && look '' "$work/static" 64; then
        is_unknown 'musl, static' unknown
    else
        skip 'musl, static' 'does not run here'
    fi
else
    skip 'musl' 'no musl-gcc'
fi

# An allocator of its own over mmap: glibc's heap is there, and says nothing
if look '' "$BUILD/tests/mallocs" 64 own; then
    is_unknown 'an allocator of its own' glibc
    check 'its reason names the amounts' grep -q "MiB of .* is not in malloc's heap" "$seen"
fi

# The same program by glibc's malloc, for the comparison to mean something
if look '' "$BUILD/tests/mallocs" 64; then
    is 'glibc: measured' "$(jq -r '.allocator + " " + .state' "$seen")" 'glibc measured'
    check 'glibc: its bytes' quiet jq -e '.live > 64 * 1048576 and .live < 66 * 1048576 and .outside < 2e6' "$seen"
fi
finish
