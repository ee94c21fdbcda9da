#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A whole session over a captured tree, from the first prompt to the report, with every word that can be said.
. "$(dirname "$0")/lib.sh"
captured

terminal 80 24
begun=$(now)
type "$FRAGWIZARD --root $root"
says 'the session greets with its name' '^fragwizard [0-9]'
took=$(($(now) - begun))
check "and within a second ($took ms)" [ $took -lt $((patience * 1000 / 15)) ]
asks begin
says 'it says how much memory there is' ' of memory, '
says 'that it changes nothing' 'changes nothing'
says 'where help is and how to leave' 'help lists.*quit or Ctrl-C'
type help
asks begin
says 'help names the words' '^defaults '
type nonsense
asks begin
says 'what is not understood is told' "'nonsense' is not understood here; help lists"
type back
asks begin
says 'before the beginning there is nothing' 'This is the beginning'

type ''
asks '1-5'
says 'the first step has a number and a title' '^Step 1 of 11: '
says 'it says what command it stands for' '^Stands for: free'
says 'the balance is shown' '^ITEM .*BYTES'
says 'choices have numbers' '^  1  '
says 'the prompt says what Enter answers' '\[Enter: 5\]'
type 7
asks '1-5'
says 'a wrong number is explained' 'number from 1 to 5 or a word (slow'
type 'because it is slow'
asks '1-5'
says 'so is free text' 'number from 1 to 5'
type help
asks '1-5'
says 'help has a word on this question' 'decides which advice'
type back
asks '1-5'
says 'back at the first question asks it again' 'What made you look'
type growing
asks 'step 2'
says 'an answer by its name; the prompt says where Enter goes' 'Enter: step 2, Top consumers'
type back
asks '1-5'
says 'back asks the earlier question again' 'What made you look'
type 1
asks 'step 2'
says 'an answer by its number' 'checks\{0,1\} clear'
type again
asks '1-5'
says 'again measures the step once more' '^ITEM .*BYTES'
type 1
asks 'step 2'
type why
asks 'step 2'
says 'why gives the formula' 'available-low: .*memory\.obtainable'
says 'and its source' '^ *Source: '
type show
asks 'step 2'
says 'show lists the tables' '^  balance ('
type 'show memory'
asks 'step 2'
says 'show TABLE prints one' '^AVAILABLE  '
type 'show nothing_such'
asks 'step 2'
says 'a table that is not there is told' 'no table of that name'
type 'note the café was slow since Monday'
asks 'step 2'
says 'a note is taken' '^Noted'
type note
asks 'step 2'
says 'a note needs a text' 'note TEXT'

type ''
asks 'process id or name'
says 'a process is offered' '\[Enter: [0-9]* [a-z]'
largest=$(sed -n 's/.*\[Enter: \([0-9]*\) .*/\1/p' "$seen" | tail -n 1)
type 4194000
asks 'process id or name'
says 'a process that is not there is refused' 'no process 4194000'
type 'no such name'
asks 'process id or name'
says 'so is a name' 'None of the leading processes'
type "$largest"
asks 'step 3'
says 'the chosen one is named' "^$largest is "
type ''
asks 'step 4'
type skip
asks 'step 6'
says 'skip passes over the next step and says what is lost' 'Skipped: its [0-9]* checks are not made'
type back
asks 'step 5'
says 'back goes to the step before, though it was skipped' '^Step 4 of 11'
type ''
asks 'step 6'
type 'SHOW zone'
asks 'step 6'
says 'words may be in capitals' '^ *NODE  NAME'
type defaults
says 'defaults goes on to the report' '^Report: fragwizard-.*\.html$'
lacks 'and asks no more' '\[Enter'
says 'the case is named' '^Case: /.*\.json$'
says 'the answers are named' '^Answers: /.*\.answers\.json$'
await '^\$'
check 'the report is there' test -s "$work"/dir/fragwizard-*.html
is 'the case is complete' "$(field .complete)" true
is 'the note is in it' "$(field '.notes[0].text')" 'the café was slow since Monday'
is 'the answer is in it, as given' "$(field '.answers[] | select(.id == "symptom") | "\(.value) \(.defaulted)"')" 'slow false'
check 'the note is in the report' grep -q 'since Monday' "$work"/dir/fragwizard-*.html

answers=$(ls "$state"/*.answers.json)
is 'the answers file has what was answered' "$(jq -r '"\(.answers.symptom) \(.answers.suspect)"' "$answers")" "slow $largest"
"$FRAGWIZARD" --auto --root "$root" --answers "$answers" --format json >"$work/again.json" 2>"$seen" </dev/null
is 'the audit takes it' "$(jq -r '.answers[] | select(.id == "symptom") | .value' "$work/again.json")" slow
command=$(screen | sed -n 's/^The same without questions: //p')
type "$command --format nagios; echo done \$?"
says 'the command that the session names works as it is' '^done [012]$'

# Enter all the way is a session too
forget
terminal 80 24
type "$FRAGWIZARD --root $root -o all.txt"
n=0
while asks && [ $n -lt 30 ]; do
    tail -n 1 "$seen" | grep -q result && break
    type ''
    n=$((n + 1))
done
type ''
says 'Enter alone leads to the report; -o asks no name' '^Report: all.txt$'
await '^\$'
is 'Enter is recorded as a default' "$(field '[.answers[].defaulted] | all')" true
is 'a process nobody chose is not in the answers file' "$(jq '.answers.suspect' "$state"/*.answers.json)" null

# The report's own question
forget
terminal 80 24
type "$FRAGWIZARD --root $root --playbook quick"
asks begin
for step in 1 2 3 4 5 6 7; do
    type ''
    asks
done
type ''
asks html
type report.doc
asks html
says 'a name without a known ending is explained' 'tells no format'
type no-such-directory/x.html
asks html
says 'so is a directory that is not there' 'no-such-directory'
type back
asks result
says 'back reopens the last step' '^Step 7 of 7'
type ''
asks html
type no
says 'no: nowhere, and how to have it later' '^Report, whenever it is wanted: .* report /.*\.json -o '
await '^\$'
check 'nothing was written here' [ -z "$(ls "$work/dir")" ]
command=$(since | sed -n 's/^Report, whenever it is wanted: //p')
type "$command && echo written"
says 'and that command writes it' '^written$'
finish
