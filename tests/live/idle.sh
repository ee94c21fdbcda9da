#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A machine at rest: healthy, nothing found, exit status 0.
. "$(dirname "$0")/lib.sh"
live_needs
available=$(awk '/^MemTotal/ { total = $2 } /^MemAvailable/ { print int($2 * 100 / total) }' /proc/meminfo)
[ "$available" -ge 30 ] || skip_all "this machine is not at rest: $available % of memory available"
# What other tests left in the per-CPU lists is not at rest either
[ ! -r /proc/sys/vm/stat_refresh ] || cat /proc/sys/vm/stat_refresh
audit
diagnosed healthy
is 'nothing above information is found' "$(jq -c '[.findings[] | select(.severity != "info") | .id]' "$live_case")" '[]'
is 'exit status' "$status" 0
is 'nothing went unchecked' "$(jq -c '[.check_list[] | select(.result == "unchecked" and (.optional | not)) | .id]' "$live_case")" '[]'
finish
