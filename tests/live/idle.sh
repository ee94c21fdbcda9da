#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A machine at rest: healthy, nothing found, exit status 0.
. "$(dirname "$0")/lib.sh"
live_needs
at_rest() { # what other programs do to the whole machine, told without fragwizard; it is no fault of the audit's to find that
    awk '/^MemTotal/ { total = $2 } /^MemAvailable/ { available = int($2 * 100 / total) }
        END { if (available < 30) print available " % of memory available" }' /proc/meminfo
    awk 'NR > 2 && $3 * $4 > 64 * 2 ^ 20 { print $1 " has " $2 " of " $3 " objects in use, of " $4 " bytes" }' /proc/slabinfo
}
echo '# caches are dropped and free memory is made whole'
known_state
at_rest >"$work/unrest"
audit
# Processes of others have faults of their own, if any: in a namespace there are none
if jq -e '[.findings[] | select((.row // "") | startswith("pid="))] | length > 0' "$live_case" >/dev/null &&
    unshare --pid --fork --kill-child --mount-proc true 2>/dev/null; then
    echo "# audited without the processes of others: $(jq -r '[.findings[].say] | join(" ")' "$live_case")"
    live_alone='unshare --pid --fork --kill-child --mount-proc --'
    audit
fi
at_rest >>"$work/unrest"
if [ -s "$work/unrest" ]; then
    skip healthy "this machine is not at rest: $(head -n 1 "$work/unrest")"
    finish
fi
diagnosed healthy
is 'nothing above information is found' "$(jq -c '[.findings[] | select(.severity != "info") | .id]' "$live_case")" '[]'
is 'exit status' "$status" 0
is 'nothing went unchecked' "$(jq -c '[.check_list[] | select(.result == "unchecked" and (.optional | not)) | .id]' "$live_case")" '[]'
finish
