#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A process close to the limit of mappings: what it gets is ENOMEM, what it lacks is not memory.
. "$(dirname "$0")/lib.sh"
live_needs
most=$(cat /proc/sys/vm/max_map_count)
[ "$most" -le 200000 ] || skip_all "max_map_count is $most"
before
start vmas $((most * 95 / 100))
audit
diagnosed vma-exhaustion
check 'the limit is named' grep -q max_map_count "$live_case"
not_diagnosed memory-pressure
holds 'the process is named by its number' '[.findings[] | select((.row // "") + .say | contains($pid))] | length > 0' pid "$live_workload"

audit --pid "$live_workload"
holds_here 'with the process as the suspect: the same verdict' '.lead == "vma-exhaustion"'
finish
