#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Failed look-ups without end: a cache that grows, which the kernel gives back when it needs the memory.
. "$(dirname "$0")/lib.sh"
live_needs
[ "$(stat -f -c %T /var/tmp)" != tmpfs ] || skip_all 'a tmpfs remembers no failed look-up'
mkdir /var/tmp/fragwizard-dentries.$$
undo "rmdir /var/tmp/fragwizard-dentries.$$"
start dentries /var/tmp/fragwizard-dentries.$$ 1000000 150000 2500000
audit
diagnosed cache-growth
check 'dentry is named' grep -q dentry "$work/summary"
not_diagnosed leak
check 'a reclaimable cache is no alarm' test "$(jq '[.findings[] | select(.severity == "critical")] | length' "$live_case")" = 0
finish
