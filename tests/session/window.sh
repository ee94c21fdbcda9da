#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The observation on the running machine: seen to go on, waited for, cut short, left.
. "$(dirname "$0")/lib.sh"
[ -r /proc/self/smaps_rollup ] || skip_all 'no Linux with /proc'

# to_window DURATION: up to where the session waits
to_window() {
    forget
    terminal "${2:-80}" "${3:-24}"
    type "$FRAGWIZARD --playbook quick --duration $1 -o live.html; echo status \$?"
    asks begin
    says "the greeting says how long is observed ($1)" "observation of [0-9]"
    type skip
    asks 'step 3'
    type ''
}

to_window 3s
if await 'observing .*left' 2; then
    says 'the wait shows the time left and the keys' 'left  Enter ends it now, q leaves'
else
    skip 'the wait shows the time left and the keys' 'the window was over before'
fi
asks 'step 4'
says 'it goes on by itself and says how long was observed' '^Observed for'
lacks 'the progress line is gone' 'left  Enter'
type again
asks 'step 4'
says 'what was observed stays' 'observation is over'
type defaults
says 'on a live machine too the session ends in a report' '^Report: live.html'
says 'with the status of the case' '^status [0123]$'
check 'the report is there' test -s "$work/dir/live.html"
is 'it is of this machine' "$(field .root)" /

to_window 10min
says 'a long wait is seen' 'observing .*left  Enter ends it now'
sleep 1
type ''
mark=$((mark - 1)) # the line of the wait is used again
asks 'step 4'
says 'Enter ends it' '^Observed for .* instead of 10 min'

to_window 10min
await 'observing .*left'
press q
says 'q leaves and says how to go on' '^Resume with: .*--duration 600'
says 'with status 3' '^status 3$'

to_window 10min
await 'observing .*left'
begun=$(now)
press C-c
says 'Ctrl-C leaves the wait' '^Resume with: '
took=$(($(now) - begun))
check "within a second ($took ms)" [ $took -lt $((patience * 1000 / 15)) ]
type 'stty -a; echo kept'
await '^kept$'
check 'and the terminal is as it was' grep -q ' icanon.* echo ' "$seen"

to_window 10min 30 20
says 'on a narrow screen the wait fits' 'left$'
press q
await '^status'

forget
terminal 80 24 ACCESSIBLE=1
type "$FRAGWIZARD --playbook quick --duration 4s -o live.html; echo status \$?"
asks begin
type defaults
says 'with ACCESSIBLE=1 the wait is a line of text' '^observing: .* left\. Enter ends it now, q leaves$'
says 'and the session goes on' '^status [0123]$'
finish
