# SPDX-License-Identifier: GPL-3.0-or-later
# Results of a test script in TAP. Source it first: . "$SRC/tests/tools/tap.sh"; end with `finish`.
# shellcheck shell=sh

: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BUILD:=$SRC/build}"
: "${FRAGWIZARD:=$BUILD/fragwizard}"
export SRC BUILD FRAGWIZARD
tap_count=0
tap_failed=0

ok() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1"
}

# not_ok WHAT [FILE]: the file is shown, so that a failure tells what was seen
not_ok() {
    tap_count=$((tap_count + 1))
    tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $1"
    [ -z "${2:-}" ] || [ ! -r "$2" ] || sed 's/^/# /' "$2" | cut -c1-400 | head -n 60
}

skip() { # WHAT WHY
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

# check WHAT COMMAND…: the command's success is the result
check() {
    tap_what=$1
    shift
    if "$@"; then
        ok "$tap_what"
    else
        not_ok "$tap_what" "${seen:-}"
    fi
}

quiet() { # COMMAND…: for check, whose own output must not be redirected
    "$@" >/dev/null 2>&1
}

is() { # WHAT GOT EXPECTED
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "${seen:-}"
        echo "#      got: $2"
        echo "# expected: $3"
    fi
}

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

need() { # commands without which nothing here can be tested
    for tap_command in "$@"; do
        command -v "$tap_command" >/dev/null 2>&1 || skip_all "no $tap_command"
    done
}

need_root() {
    [ "$(id -u)" = 0 ] || skip_all "needs root"
}

need_terminal() { # a container may have no /dev/pts
    (: <>/dev/ptmx) 2>/dev/null || skip_all 'no terminal is to be had: /dev/ptmx cannot be opened'
}

# A sanitized build is slower, larger and cannot be traced for leaks
sanitized() {
    grep -q -a __asan_init "$FRAGWIZARD"
}

finish() {
    ${tap_last:-:}
    echo "1..$tap_count"
    [ "$tap_failed" = 0 ]
    exit
}
