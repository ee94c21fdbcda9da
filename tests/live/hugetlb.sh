#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A pool of huge pages over most of RAM that nobody uses: little is free, but nothing is fragmented.
. "$(dirname "$0")/lib.sh"
live_needs
[ -w /proc/sys/vm/nr_hugepages ] || skip_all 'no huge pages'
old=$(cat /proc/sys/vm/nr_hugepages)
undo "echo $old >/proc/sys/vm/nr_hugepages"
before
# All but 3 GiB of what is free
pages=$(awk '/^MemFree/ { free = $2 } /^Hugepagesize/ { size = $2 } END { if (size) print int((free - 3145728) / size) }' /proc/meminfo)
[ "${pages:-0}" -gt 1000 ] || skip_all 'too little memory'
echo $((old + pages)) >/proc/sys/vm/nr_hugepages
audit
diagnosed hugepage-reservation
not_diagnosed external-fragmentation
not_diagnosed memory-pressure
finish
