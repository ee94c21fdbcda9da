#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Settings that do harm are each named with a way back, and are no present fault.
. "$(dirname "$0")/lib.sh"
live_needs
wrong=
try() {
    if setting "$1" "$2"; then
        wrong="$wrong $1"
    fi
}
try min_free_kbytes 5000
try extfrag_threshold 1000
try compaction_proactiveness 0
try swappiness 0
duration=2 audit
for name in $wrong; do
    check "vm.$name is named in a finding" jq -e --arg name "$name" '[.findings[] | select((.row // "") + .say | contains($name))] | length > 0' "$live_case" >/dev/null
done
check 'the kernel'\''s own value comes back with the undo of min_free_kbytes' jq -e '
    [.recommendations[] | select(.sysctl == "vm.min_free_kbytes" and (.undo | contains("5000")))] | length == 1' "$live_case" >/dev/null
not_diagnosed external-fragmentation
not_diagnosed memory-pressure
check 'none is critical' test "$(jq '[.findings[] | select(.severity == "critical")] | length' "$live_case")" = 0

setting min_free_kbytes $(($(awk '/^MemTotal/ { print $2 }' /proc/meminfo) * 6 / 100))
duration=2 audit
check 'min_free_kbytes above 5 % of memory is named' jq -e '[.findings[] | select((.row // "") + .say | contains("min_free_kbytes"))] | length > 0' "$live_case" >/dev/null
finish
