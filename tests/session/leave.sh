#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Leaving in every way, and coming back to where one was.
. "$(dirname "$0")/lib.sh"
captured

resume_line() {
    since | sed -n 's/^Resume with: //p' | tail -n 1
}
terminal_state() { # FILE: of the terminal, by the shell in it
    type "stty -a >$work/$1; echo kept"
    await '^kept$'
}

loads() { # the exit status of an unfinished case is 3, so the report itself is looked for
    rm -f "$work/report.txt"
    "$FRAGWIZARD" report "$(the_case)" -o "$work/report.txt" >"$seen" 2>&1
    test -s "$work/report.txt"
}

# leaves NAME HOW: from the second step, then pastes the command
leaves() {
    forget
    terminal 80 24
    terminal_state before
    type "$FRAGWIZARD --root $root; echo status \$?"
    asks begin
    type ''
    asks '1-5'
    type 2
    asks 'step 2'
    type ''
    asks 'process id'
    begun=$(now)
    case $2 in
    C-*) press "$2" ;;
    *) type "$2" ;;
    esac
    says "$1 leaves and says how to go on" '^Resume with: '
    took=$(($(now) - begun))
    check "$1: within a second ($took ms)" [ $took -lt $((patience * 1000 / 15)) ]
    says "$1: exit status 3" '^status 3$'
    command=$(resume_line)
    terminal_state after
    check "$1: the terminal is as it was" cmp -s "$work/before" "$work/after"
    is "$1: the first answer is kept" "$(field '.answers[0].value')" growing
    type "$command; echo status \$?"
    asks 'go on'
    says "$1: the pasted command goes on at the step that was left" 'goes on with step 2 of 11, Top consumers'
    type ''
    asks 'process id'
    says "$1: and asks what was not answered" 'Which process'
}
leaves quit quit
leaves Ctrl-C C-c
leaves Ctrl-D C-d
type defaults
says 'a session gone on with ends in a report' '^Report: '
await '^status'
is 'that has the answer from before' "$(field '.answers[] | select(.id == "symptom") | .value')" growing
type "$FRAGWIZARD resume $(the_case)"
says 'a complete case is not gone on with; its report is' 'is complete; .fragwizard report'

# In the middle of a line
forget
terminal 80 24
type "$FRAGWIZARD --root $root -o 'my report.html' --duration 7s --limit available_low=9%; echo status \$?"
asks begin
tmux_here send-keys -l 'half a li'
press C-c
says 'Ctrl-C in the middle of a word leaves too, at the very first prompt' '^status 3$'
says 'the command carries the options, quoted' "resume /.* --duration 7 -o 'my report.html'$"
type "$(resume_line)"
asks begin
type defaults
says 'and works as it is' '^Report: my report.html$'
is 'the limits are those that the session began with' "$(field '.limits[] | [.name, .value.value, .origin] | join(" ")')" 'available_low 0.09 --limit'

# Killed between any two steps
forget
terminal 80 24
type "exec $FRAGWIZARD --root $root --playbook quick"
asks begin
step=1
while [ $step -le 7 ]; do
    type ''
    asks
    next=$((step + 1))
    pid=$(tmux_here list-panes -F '#{pane_pid}')
    [ $step = 7 ] && break
    # Enter saves the step and begins the next
    type ''
    asks
    kill -KILL "$pid"
    check "killed in step $next: the case loads" loads
    terminal 80 24
    type "exec $FRAGWIZARD resume $(the_case)"
    asks 'go on'
    says "killed in step $next: resume goes on with step $next" "goes on with step $next of 7"
    step=$next
done
type ''
asks html
is 'no step was lost' "$(field '[.steps[].state] | unique | join(" ")')" done
kill -KILL "$pid"
check 'killed at the last question: the case has its report' loads
is 'nothing half written remains' "$(ls "$state" | grep -v -e '\.json$' -e '^history$')" ''

# Other signals
for signal in TERM HUP; do
    forget
    terminal 80 24
    type "exec $FRAGWIZARD --root $root"
    asks begin
    type ''
    asks '1-5'
    kill -$signal "$(tmux_here list-panes -F '#{pane_pid}')"
    tries=100
    while tmux_here has-session 2>/dev/null && [ $tries -gt 0 ]; do
        sleep 0.05
        tries=$((tries - 1))
    done
    check "SIG$signal leaves" [ $tries -gt 0 ]
    check "SIG$signal: the case is kept" loads
done

# Off a terminal
forget
for how in '' resume; do
    status=0
    # shellcheck disable=SC2086
    "$FRAGWIZARD" $how ${how:+$root/x.json} </dev/null >"$work/out" 2>"$seen" || status=$?
    is "off a terminal ${how:-the session}: exit status 3" $status 3
    is "off a terminal ${how:-the session}: one sentence, nothing else" "$(wc -l <"$seen") $(wc -c <"$work/out")" '1 0'
done
"$FRAGWIZARD" </dev/null 2>"$seen"
check 'it names --auto' grep -q -e '--auto' "$seen"
check 'and leaves nothing behind' [ ! -e "$state" ]
"$FRAGWIZARD" resume 2>"$seen"
check 'resume without a case says what it wants' grep -q 'resume: which case' "$seen"
finish
