#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# apply asks before each change: only a yes is one, and whoever leaves has changed nothing.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/tools/changes.sh"
need_root
[ -x "$BUILD/tests/seal" ] || skip_all 'seal is not built'
[ -w /proc/sys/vm/swappiness ] || skip_all 'may not change this machine (container?)'
quiet ls /etc/sysctl.d/60-fragwizard-* && skip_all 'changes of fragwizard are in force here'
exec 9>/run/fragwizard-live-test.lock
flock -w 300 9 || skip_all 'another live test holds this machine'
XDG_STATE_HOME=$work/state
calm=$(value_of vm.swappiness)
pressure=$(value_of vm.vfs_cache_pressure)
other=71
[ "$calm" != 71 ] || other=72
trap 'echo "$calm" >/proc/sys/vm/swappiness; echo "$pressure" >/proc/sys/vm/vfs_cache_pressure; session_end' EXIT
look >"$work/before"
unchanged() { # WHAT
    look >"$work/after"
    check "$1" cmp "$work/before" "$work/after"
}
case=$work/dir/case.json
make_case "$case" "calm=vm.swappiness=$calm=$other" "cache=vm.vfs_cache_pressure=$pressure=$((pressure + 5))"

terminal 80 24
type "$FRAGWIZARD apply $case; echo \"status \$?\""
says 'it shows the change' "vm.swappiness is $calm; proposed is $other"
says 'with its reason' 'Why: a reason'
says 'its risk' 'Risk: a risk'
says 'and the way back' "Undo: fragwizard undo, or by hand: sysctl -w vm.swappiness=$calm"
asks 'yes or no'
type maybe
says 'what is no answer is told' 'yes, no, or quit'
asks 'yes or no'
type ''
says 'Enter is no; the next is asked' '2. Title of cache'
asks 'yes or no'
type n
says 'no is no' '^Nothing was changed'
says 'to decline is no failure' '^status 0'
unchanged 'nothing was changed'

type "$FRAGWIZARD apply $case; echo \"status \$?\""
asks 'yes or no'
type yes
says 'after the first yes the second is asked' '2. Title of cache'
asks 'yes or no'
press C-c
says 'Ctrl-C leaves' '^Nothing was changed'
says 'with a status' '^status 3'
unchanged 'and what was agreed to before is not done either'

type "$FRAGWIZARD apply $case --keep; echo \"status \$?\""
says 'the file is told before' '60-fragwizard-vm.swappiness.conf'
asks 'yes or no'
type YES
says 'after a yes the next is asked' '2. Title of cache'
asks 'yes or no'
type no
says 'what was agreed to is done' "vm.swappiness: $calm -> $other"
says 'and how to undo it is told' 'fragwizard undo'
says 'that is success' '^status 0'
is 'it is set' "$(value_of vm.swappiness)" $other
is 'what was declined is not' "$(value_of vm.vfs_cache_pressure)" "$pressure"
type "$FRAGWIZARD undo; echo \"status \$?\""
says 'undo needs no question' '^status 0'
unchanged 'all is as before'

terminal 40 24 ACCESSIBLE=1
type "$FRAGWIZARD apply $case calm; echo \"status \$?\""
asks 'yes or no'
type quit
says 'with ACCESSIBLE, too' '^status 3'
unchanged 'nothing was changed by leaving'
finish
