#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A control group of 256 MiB with a working set of 600 MiB: it swaps hard on a machine with memory to spare. The limit is
# the cause; not fragmentation, and no reason to add memory.
. "$(dirname "$0")/lib.sh"
live_needs
swap=/var/tmp/fragwizard-swap.$$
undo "rm -f $swap"
(umask 077 && dd if=/dev/zero of=$swap bs=1M count=1024 2>"$work/dd") || skip_all 'no room for a swap file'
mkswap -q $swap >/dev/null 2>&1 && swapon $swap 2>/dev/null || skip_all 'may not swap to a file'
undo "swapoff $swap"

before
limit=$((256 * 1024 * 1024))
if [ -f /sys/fs/cgroup/memory/memory.limit_in_bytes ]; then
    group=/sys/fs/cgroup/memory/fragwizard-test-$$
    mkdir $group || skip_all 'may not make a control group'
    undo "rmdir $group"
    echo $limit >$group/memory.limit_in_bytes
elif [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    group=/sys/fs/cgroup/fragwizard-test-$$
    mkdir $group || skip_all 'may not make a control group'
    undo "rmdir $group"
    if [ ! -f $group/memory.max ] && ! echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null; then
        skip_all 'no memory controller to be had'
    fi
    echo $limit >$group/memory.max
else
    skip_all 'no control groups'
fi
cat >"$work/inside" <<END
#!/bin/sh
echo \$\$ >$group/cgroup.procs
exec "\$@"
END
chmod +x "$work/inside"
live_prefix=$work/inside
live_own=/${group##*/}
start workingset 600
audit
diagnosed cgroup-limit
not_diagnosed external-fragmentation
not_diagnosed memory-pressure
check 'the control group is named' grep -q "fragwizard-test-$$" "$work/summary"
finish
