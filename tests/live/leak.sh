#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A process that takes 20 MiB more each second is named as leaking.
. "$(dirname "$0")/lib.sh"
live_needs
before
start leak 20 2048
duration=10 audit
diagnosed leak
check 'the process is named' grep -q "leak" "$work/summary"
holds 'a finding gives its number' '[.findings[] | select((.row // "") + .say | contains($pid))] | length > 0' pid "$live_workload"
not_diagnosed external-fragmentation
is 'the exit status tells of it' "$(test "$status" -eq 1 || test "$status" -eq 2; echo $?)" 0
finish
