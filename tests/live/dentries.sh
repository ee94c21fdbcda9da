#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Failed look-ups without end: a cache that grows, which the kernel gives back when it needs the memory.
. "$(dirname "$0")/lib.sh"
live_needs
[ "$(stat -f -c %T /var/tmp)" != tmpfs ] || skip_all 'a tmpfs remembers no failed look-up'
mkdir /var/tmp/fragwizard-dentries.$$
undo "rmdir /var/tmp/fragwizard-dentries.$$"
# 3 % of memory in dentries of 192 bytes, and more while the audit looks on
many=$(awk '/^MemTotal/ { print int($2 * 1024 * 0.03 / 192) }' /proc/meminfo)
start dentries /var/tmp/fragwizard-dentries.$$ "$many" 100000 $((many + 2000000))
audit
case $(state cache-growth) in
confirmed | likely) ok 'cache-growth is found' ;;
*) not_ok 'cache-growth is found' "$seen" ;;
esac
is 'nothing else is diagnosed, unless that all is well' "$(jq -c '[.verdicts[]
    | select((.state == "confirmed" or .state == "likely") and .id != "cache-growth" and .id != "healthy") | .id]' "$live_case")" '[]'
check 'dentry is named' grep -q dentry "$work/summary"
not_diagnosed leak
is 'a cache that can be had back is no alarm' "$(jq -c '[.findings[] | select(.severity != "info") | .id]' "$live_case")" '[]'
finish
