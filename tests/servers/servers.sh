#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A few real servers: those that fill what they were given are not taken for leaks, and those that leak are. `make check-servers` runs all.
. "$(dirname "$0")/../tools/tap.sh"
need python3 jq unshare nsenter
ROWS='maxmemory|shared_buffers filling|150 new connections|node, leak|piling up|8 workers' WINDOWS=30 JOBS=3 ROUNDS=1 \
    exec python3 "$SRC/tests/servers/run"
