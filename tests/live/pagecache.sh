#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A page cache that fills the machine: next to nothing is free, all of it can be had. Healthy.
. "$(dirname "$0")/lib.sh"
live_needs
[ "$(stat -f -c %T /var/tmp)" != tmpfs ] || skip_all 'a tmpfs has no page cache to fill'
file=/var/tmp/fragwizard-pagecache.$$
undo "rm -f $file"
before
start pagecache $file
audit
diagnosed healthy
not_diagnosed external-fragmentation
not_diagnosed memory-pressure
no_alarm 'nothing above information is found'
finish
