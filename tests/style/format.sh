#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The sources are laid out as .clang-format says. Versions of clang-format differ, so one is meant.
. "$(dirname "$0")/../tools/tap.sh"
need clang-format find
clang-format --version | grep -q 'version 14\.' || skip_all "not clang-format 14: $(clang-format --version)"
seen=$(mktemp) || exit 1
trap 'rm -f "$seen"' EXIT
formatted() {
    find "$SRC/src" "$SRC/tests" "$SRC/tools" -name '*.[ch]' -exec clang-format --dry-run -Werror {} + >"$seen" 2>&1
}
check 'the sources are laid out' formatted
finish
