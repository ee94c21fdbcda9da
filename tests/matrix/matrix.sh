#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# One round of the programs of known behaviour: each gets the verdict that it deserves. ROUNDS=10 tests/matrix/run does more.
. "$(dirname "$0")/../tools/tap.sh"
need python3
ROUNDS=1 exec python3 "$SRC/tests/matrix/run"
