#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Help, and words that are wrong: one sentence that names them, exit status 3, before anything else is done.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
seen=$dir/seen

helps() {
    "$FRAGWIZARD" "$@" >"$dir/out" 2>"$seen" </dev/null
    [ $? = 0 ] && [ ! -s "$seen" ] && grep -q fragwizard "$dir/out"
}
for verb in session audit probe check list explain capture report diff resume apply undo; do
    check "$verb --help tells on standard output" helps $verb --help
done
check "--help" helps --help
check "help" helps help
check "--auto --help" helps --auto --help
check "--version" helps --version
check "the help lists every verb" sh -c '"$FRAGWIZARD" --help | awk "/^  [a-z]+ / { n++ } END { exit n < 12 }"'

# wrong PATTERN WORDS…: refused in a sentence that matches
wrong() {
    pattern=$1
    shift
    timeout 5 "$FRAGWIZARD" "$@" >"$dir/out" 2>"$seen" </dev/null
    status=$?
    if [ $status = 3 ] && [ ! -s "$dir/out" ] && [ "$(wc -l <"$seen")" = 1 ] && grep -q '^fragwizard: ' "$seen" &&
        grep -q -- "$pattern" "$seen"; then
        ok "$*: $pattern"
    else
        not_ok "$*: $pattern (status $status)" "$seen"
    fi
}
wrong "did you mean 'probe'" prob
wrong "no verb 'xyzzy'" xyzzy
wrong "did you mean '--duration'" --auto --durtion 3
wrong "no option '--xyzzy'" --auto --xyzzy
wrong "no option '-x'" --auto -x
wrong "several options" --auto --a
wrong "'--format' needs a value" --auto --format
wrong "'-o' needs a value" --auto -o
wrong "takes no value" --auto --help=yes
wrong "'stray' is one word too many" --auto stray
wrong "'pdf' is none of" --auto --format pdf
wrong "'abc' is no process id" --auto --pid abc
wrong "'0' is no process id" --auto --pid 0
wrong "'12x' is no process id" --auto --pid 12x
for time in abc 3x -1 '' '1 2' nan inf 1e999 5KiB; do
    wrong "'$time' is no duration" --auto --duration "$time"
done
wrong "case-id" --auto --case-id ''
wrong "there is no playbook 'quik'; did you mean 'quick'" --auto --playbook quik
wrong "nowhere.yaml" --auto --playbook "$dir/nowhere.yaml"
wrong "$dir/nowhere" --auto --root "$dir/nowhere"
wrong "answers.json" --auto --duration 0 --answers "$dir/answers.json"
wrong "does not exist" --auto --duration 60 -o "$dir/nowhere/report.html"
wrong "tells no format" --auto --duration 60 -o "$dir/report.pdf"
wrong "does not exist" --auto --duration 60 --bundle "$dir/nowhere/x.zip"
wrong "no process 4194000" --auto --duration 60 --pid 4194000
wrong "which" probe
wrong "did you mean 'buddy'" probe budy
wrong "did you mean 'table'" probe buddy tabel=zone
wrong "did you mean 'zone'" probe buddy table=zon
wrong "did you mean 'free'" probe buddy sort=-fre
wrong "no key=value" probe buddy zone
wrong "'' is no value for rows" probe buddy rows=
wrong "'-1' is no value for rows" probe buddy rows=-1
wrong "'0' is no value for rows" probe buddy rows=0
wrong "'x' is no value for pid" probe process pid=x
wrong "name it: pid=N" probe process
wrong "'xml' is none of" probe memory --format xml
wrong "did you mean '--format'" probe memory --fromat json
wrong "into which directory" capture
wrong "one directory only" capture "$dir/a" "$dir/b"
wrong "no duration" capture "$dir/a" --duration soon
wrong "no process id" capture "$dir/a" --pid -3
wrong "did you mean '--pid'" capture "$dir/a" --pdi 3
wrong "which case" report
wrong "nowhere.json" report "$dir/nowhere.json"
wrong "as it is" report --duration 3 "$dir/nowhere.json"
wrong "which case" resume
wrong "no terminal" session
check "nothing was made meanwhile" sh -c '[ -z "$(ls -A "$0" | grep -v "^out$\|^seen$")" ]' "$dir"

wrong "there is no verb" "$(printf 'a\033[31mb')"
check "an escape sequence in a word is not sent to the terminal" sh -c '! grep -q "$(printf "\033")" "$0"' "$seen"
finish
