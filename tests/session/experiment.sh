#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Questions that test: what the operator sees before a yes, what a no leaves open, what a yes gives.
. "$(dirname "$0")/lib.sh"
[ "$(uname)" = Linux ] || skip_all 'tests are made on this machine'
cat >"$work/tests.yaml" <<'YAML'
format: fragwizard-playbook/1
name: tests
title: Questions that test
summary: One of each kind.
window: 1s
steps:
  - id: first
    title: Memory
    why: What there is.
    probe: memory
    questions:
      - {id: sure, ask: Are you sure?, type: yesno, default: no}
    rules:
      - {id: there, when: memory.total > 0B, severity: info, say: "There is memory."}
      - {id: handed, when: known(after.hand), severity: info, say: "It was done by hand."}
    experiments:
      - id: hand
        ask: Does the application give memory back when it is told to trim its heap, or does it keep it?
        cost: what the application takes for it
        risk: the application can stop for a moment, and those who wait for it will notice
        action: operator
        when: fired('there')
        measure: memory.total
        measured: all memory
        again: [memory]
        instruct: "Have it trim its heap; there are {memory.total}."
  - id: second
    title: Over time
    why: What goes on.
    probe: vmstat
    rules:
      - {id: seen, when: vmstat.window > 0s, severity: info, say: "Something was seen."}
      - {id: longer, when: "known(after.on) and after.on > before.on", severity: info, say: "It was watched on."}
    experiments:
      - id: on
        ask: Does it go on?
        cost: one second
        risk: none
        action: watch
        measure: vmstat.window
        measured: time observed
        window: 1s
verdicts:
  - {id: any, title: Any, headline: "There is memory.", confirmed: fired('there'), kind: "if(known(after.hand), 'tested', 'open')"}
YAML
playbook=$work/tests.yaml

begin() { # [OPTION…]: to the first step's question
    type "$FRAGWIZARD --playbook $playbook -o r.txt $*"
    asks begin
    type ''
    asks yes
}

terminal 80 24
begin
type ''
says 'a test is offered after what was found' '^\[i\] There is memory'
asks 'Enter: no'
says 'it says what it decides' '^Test: Does the application give memory back'
says 'what is done' '^  What is done: by you'
says 'what it costs' '^  Cost: what the app'
says 'what it risks' '^  Risk: the app'
says 'and what is measured, as it is now' '^  Measured before and after: all memory; now [0-9]'
tmux_here capture-pane -p >"$seen"
check 'it fits 80 columns: no word is broken' awk 'length > 80 { exit 1 }' "$seen"
type perhaps
asks 'Enter: no'
says 'what is no answer is told' 'Answer yes or no'
type help
asks 'Enter: no'
says 'help says what a yes does' '^yes makes the test'
type why
asks 'Enter: no'
says 'why tells what is measured' '^ *Before and after: all memory, memory.total'
type back
asks 'yes or no'
says 'back asks the question before it again' 'Are you sure'
type ''
asks 'Enter: no'
type ''
asks 'step 2'
says 'Enter is no' 'Not tested'
type ''
asks 'Enter: no'
says 'a watch says how long' '^  What is done: it is observed for 1 s longer'
type no
asks result
type ''
says 'the report is there' '^Report: r.txt'
await '^\$'
is 'the case tells what was declined' "$(field '[.experiments[] | "\(.id) \(.state)"] | join(", ")')" 'hand declined, on declined'
is 'what it measured is unknown for that reason' "$(field '.experiments[0].after.unknown')" 'the experiment was not made'
is 'the kind of the verdict stays open' "$(field '.verdicts[0].kind')" open

forget
terminal 80 24
begin
type ''
asks 'Enter: no'
type y
asks 'it is done'
says 'after a yes the operator is told what to do' '^Have it trim its heap; there are [0-9.]* GiB'
type ''
asks 'step 2'
says 'before and after are told' '^\[i\] [0-9.]* GiB before, [0-9.]* GiB after: all memory'
says 'and what follows from it' '^\[i\] It was done by hand'
lacks 'but not once more what was told' 'There is memory'
type ''
asks 'Enter: no'
type y
asks result
says 'watching waits' '^Observed for '
says 'and judges again' '^\[i\] It was watched on'
type back
asks 'yes or no'
says 'back goes to the step before' '^Step 1 of 2'
type quit
says 'leaving tells how to go on' '^Resume with: '
await '^\$'
is 'what was taken back is forgotten' "$(field '.experiments | length')" 0

forget
terminal 80 24
begin --allow watching
type ''
asks 'Enter: no'
type y
asks 'it is done'
type no
asks 'step 2'
says 'it could not be done: that is no test' 'Not tested'
type ''
asks result
says 'what was allowed is told and not asked' 'allowed beforehand (--allow watching)'
says 'and made' '^\[i\] It was watched on'
type quit
await '^\$'
says 'the command to go on with allows it too' 'allow watching'
command=$(since | sed -n 's/^Resume with: //p')
type "$command"
asks 'go on'
type ''
says 'the rest follows' '^Report: r.txt'
await '^\$'
is 'what was made stays when it is gone on' "$(field '[.experiments[] | "\(.id) \(.state)"] | join(", ")')" 'hand declined, on done'
is 'and so does what it measured' "$(field '.experiments[1] | .after.value > .before.value')" true

forget
terminal 80 24 ACCESSIBLE=1
begin
type ''
asks 'Enter: no'
type defaults
says 'defaults for the rest are no yes' '^\[?\] Does it go on? (not run without a yes'
await '^\$'
is 'none was made' "$(field '[.experiments[].state] | unique | join(", ")')" 'not-run'

forget
terminal 80 24
begin
type ''
asks 'Enter: no'
press C-c
says 'Ctrl-C at a test leaves' '^Resume with: '
await '^\$'
is 'and is no yes' "$(field '.experiments | length')" 0
finish
