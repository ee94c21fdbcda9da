#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Settings that do harm are each named with a way back, and are no present fault.
. "$(dirname "$0")/lib.sh"
live_needs
before
wrong=
try() {
    if setting "$1" "$2"; then
        wrong="$wrong $1"
        live_own="${live_own:-} vm.$1"
    fi
}
try min_free_kbytes 5000
try extfrag_threshold 1000
try compaction_proactiveness 0
# Without swap it would be moot
[ "$(wc -l </proc/swaps)" -lt 2 ] || try swappiness 0
duration=2 audit
for name in $wrong; do
    holds "vm.$name is named in a finding" '[.findings[] | select((.row // "") + .say | contains($name))] | length > 0' name "$name"
done
holds 'the kernel'\''s own value comes back with the undo of min_free_kbytes' '
    [.recommendations[] | select(.sysctl == "vm.min_free_kbytes" and (.undo | contains("5000")))] | length == 1'
not_diagnosed external-fragmentation
not_diagnosed memory-pressure
holds_here 'none is critical' 'all(.findings[]; .severity != "critical")'

setting min_free_kbytes $(($(awk '/^MemTotal/ { print $2 }' /proc/meminfo) * 6 / 100))
duration=2 audit
holds 'min_free_kbytes above 5 % of memory is named' '[.findings[] | select((.row // "") + .say | contains("min_free_kbytes"))] | length > 0'
finish
