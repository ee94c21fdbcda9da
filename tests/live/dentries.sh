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
before cache-growth
start dentries /var/tmp/fragwizard-dentries.$$ "$many" 100000 $((many + 2000000))
audit
found cache-growth
nothing_but cache-growth healthy
holds 'dentry is named' '[.findings[] | select(.id == "cache-large") | .say | select(contains("dentry"))] | length == 1'
not_diagnosed leak
no_alarm 'a cache that can be had back is no alarm'
finish
