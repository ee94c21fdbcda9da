#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Slab pages held by one object in sixteen: slab fragmentation, and dropping caches is no cure.
. "$(dirname "$0")/lib.sh"
live_needs
mkdir "$work/files"
mount -t tmpfs -o nr_inodes=2m,size=64m,mode=700 fragwizard-test "$work/files" 2>/dev/null || skip_all 'may not mount'
undo "umount '$work/files'"
before
start slabwaste "$work/files" 800000
audit
diagnosed slab-fragmentation
check 'the cache is named' grep -q shmem_inode_cache "$work/summary"
not_diagnosed leak
not_diagnosed external-fragmentation
finish
