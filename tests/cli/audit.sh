#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The audit and `report`: formats, outputs, their sameness, the bundle, the time it takes.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
need jq python3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
seen=$dir/stderr
cd "$dir" || exit 1

holds() { # jq's words: the last result is true
    jq -e "$@" >/dev/null 2>"$seen"
}

# Of one capture, as the machine itself moves between two runs
"$FRAGWIZARD" capture tree >/dev/null 2>"$seen"
audit() {
    "$FRAGWIZARD" --auto --root tree "$@" 2>"$seen" </dev/null
    status=$?
}
plain() { # no escape byte in any of the files
    ! LC_ALL=C grep -q "$(printf '\033')" "$@"
}
same() {
    cmp -s "$1" "$2"
}

audit --case-id "T-1 <b>" >case.txt
status_text=$status
is "progress is for terminals only" "$(cat "$seen")" ""
for format in html json nagios prometheus; do
    audit --case-id "T-1 <b>" --format $format >case.$format
    is "$format: the exit status is that of the text" "$status" "$status_text"
    is "$format: nothing else is said" "$(cat "$seen")" ""
done
check "text" grep -q 'Not seen' case.txt
check "html" grep -q '^<!DOCTYPE html>' case.html
check "json" holds '.format == "fragwizard-case/1"' case.json
check "not one escape byte when piped" plain case.txt case.html case.json case.nagios case.prometheus
is "the case id stands in the json" "$(jq -r .case_id case.json)" "T-1 <b>"
check "in the text" grep -q 'T-1 <b>' case.txt
check "in the html, escaped" grep -q 'T-1 &lt;b&gt;' case.html
audit --case-id "$(printf 'x\033[31m\377y')" --format json >hostile.json
check "a hostile case id is cleaned" holds '.case_id | test("^x.*y$") and (test("\u001b") | not)' hostile.json

# The monitoring line
line=$(head -n 1 case.nagios)
is "nagios: one line" "$(wc -l <case.nagios)" 1
check "nagios: under 80 characters before the performance data" [ "$(printf %s "${line%% |*}" | wc -c)" -lt 80 ]
case $status_text in 0) word=OK ;; 1) word=WARNING ;; 2) word=CRITICAL ;; *) word=UNKNOWN ;; esac
check "nagios: its word is the exit status" sh -c 'case $0 in "FRAGWIZARD $1 - "*) ;; *) false ;; esac' "$line" $word
for fault in '--root /nonexistent' '--playbook nosuch' '--bogus' '--root'; do
    # shellcheck disable=SC2086
    "$FRAGWIZARD" --auto --format nagios $fault >out 2>"$seen"
    is "nagios: $fault: a line and status 3" "$? $(grep -c '^FRAGWIZARD UNKNOWN - .' out) $(wc -l <out)" '3 1 1'
done
check "nagios: labels are unique" sh -c 'cut -d"|" -f2 "$0" | tr " " "\n" | sed "s/=.*//" | sort | uniq -d | awk "NF { exit 1 }"' case.nagios
check "prometheus: no process ids, no timestamps" sh -c '! grep -q "pid=" "$0" && ! grep -v "^#" "$0" | grep -Eq "} [^ ]+ [0-9]"' case.prometheus
if command -v promtool >/dev/null; then
    check "prometheus: promtool agrees" sh -c 'promtool check metrics <"$0"' case.prometheus
else
    skip "prometheus: promtool agrees" "no promtool"
fi

# Outputs
audit -o a.html -o a.txt -o a.json -o a.prom >out
is "with -o nothing goes to a standard output that is no terminal" "$(cat out)" ""
is "four outputs in one run" "$(head -c 15 a.html) $(jq -r .format a.json) $(grep -c 'Not seen' a.txt) $(grep -c '^# HELP fragwizard_build_info' a.prom)" \
    "<!DOCTYPE html> fragwizard-case/1 1 1"
is "reports are for their owner" "$(stat -c %a a.html a.json | sort -u)" 600
is "metrics are for the collector too" "$(stat -c %a a.prom)" 644
audit --format nagios -o check.out >out
check "--format says what -o is" grep -q '^FRAGWIZARD ' check.out
audit -o - --format json -o b.json >out
check "-o - is standard output, beside a file" holds -s 'length == 2 and .[0].format == .[1].format' out b.json
mkdir reports
audit -o reports >out
check "-o of a directory names the report by host and time" sh -c 'ls "$0" | LC_ALL=C grep -Eqx "fragwizard-[A-Za-z0-9._-]+-[0-9]{8}T[0-9]{4}Z\.html"' reports
echo old >kept.html
audit -o kept.html --playbook nowhere.yaml >out
is "a run that fails leaves the old report" "$(cat kept.html)" old

# The case again
"$FRAGWIZARD" report a.json -o r.html -o r.txt -o r.json -o r.prom >out 2>"$seen"
is "report has the exit status of the case" $? "$status_text"
for format in html txt json prom; do
    # a case keeps microseconds of what probes cost, and whole seconds of when it began
    for file in a r; do
        sed -E 's/ *[0-9.]+ µs//; /^fragwizard_last_run_timestamp_seconds/d' $file.$format >$file.kept
    done
    check "report: $format as at the time" same a.kept r.kept
done
"$FRAGWIZARD" report --format nagios a.json >out 2>"$seen"
check "report: the monitoring line" grep -q '^FRAGWIZARD ' out
numa=$SRC/tests/roots/numa-5.10
if [ -d "$numa" ]; then
    "$FRAGWIZARD" --root "$numa" --auto -o t.html -o t.txt -o t.json >out 2>"$seen"
    is "the same findings in html and json" \
        "$(jq -r '.findings[].say' t.json | python3 -c '
import html, re, sys
text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", open("t.html").read())))
print([s for s in sys.stdin.read().splitlines() if s not in text])')" "[]"
    is "and in text" "$(jq -r '.findings[].say' t.json | python3 -c '
import re, sys
text = re.sub(r"\s+", "", open("t.txt").read())
print([s for s in sys.stdin.read().splitlines() if re.sub(r"\s+", "", s) not in text])')" "[]"
fi
python3 - "$FRAGWIZARD" a.json >damaged 2>&1 <<'P'
import random, subprocess, sys
random.seed(3)
whole = open(sys.argv[2], "rb").read()
bad = []
for at in random.sample(range(len(whole)), 200):
    data = bytearray(whole)
    data[at] ^= random.choice([1, 2, 4, 8, 16, 32, 64, 128])
    open("damaged.json", "wb").write(data)
    run = subprocess.run([sys.argv[1], "report", "damaged.json"], capture_output=True)
    if run.returncode != 3 or run.stdout or run.stderr.count(b"\n") != 1 or b"damaged.json" not in run.stderr:
        bad.append((at, run.returncode, run.stderr[:200], whole[max(0, at - 20):at + 20]))
print(*bad, sep="\n")
sys.exit(bool(bad))
P
status=$?
seen=damaged
check "a case with one byte changed anywhere is refused" [ $status = 0 ]
seen=$dir/stderr

# One file for the ticket
audit --bundle ticket.zip >out
is "with --bundle the report is there" "$(cat out)" ""
python3 - >zip 2>&1 <<'P'
import hashlib, zipfile
z = zipfile.ZipFile("ticket.zip")
assert z.testzip() is None
names = z.namelist()
assert all(n.isascii() for n in names), names
sums = dict(reversed(l.split("  ")) for l in z.read("SHA256SUMS").decode().splitlines())
assert set(sums) == set(names) - {"SHA256SUMS"} and len(sums) == 3, (sums, names)
for name, value in sums.items():
    assert hashlib.sha256(z.read(name)).hexdigest() == value, name
P
status=$?
seen=zip
check "the bundle opens and its sums match" [ $status = 0 ]
seen=$dir/stderr
if command -v unzip >/dev/null; then
    check "unzip agrees" sh -c 'mkdir x && cd x && unzip -q ../ticket.zip && sha256sum --quiet -c SHA256SUMS'
fi

# A process that ends meanwhile
sleep 1 &
pid=$!
"$FRAGWIZARD" --auto --duration 2 --pid $pid --format json >gone.json 2>"$seen"
check "a process that ended is told as such" holds --argjson pid $pid '.facts.growth.growth[] | select(.pid == $pid) | .ended' gone.json

# Configuration
mkdir -p config/fragwizard/playbooks
"$FRAGWIZARD" list playbooks >out 2>"$seen"
check "quick is built in" grep -Eq '^quick .*built in' out
sed '0,/^title:.*/s//title: My own quick look/' "$SRC/playbooks/quick.yaml" >config/fragwizard/playbooks/quick.yaml
XDG_CONFIG_HOME=$dir/config "$FRAGWIZARD" list playbooks >out 2>"$seen"
check "list names the file that takes its place" grep -q "My own quick look.*$dir/config/fragwizard/playbooks/quick.yaml" out
XDG_CONFIG_HOME=$dir/config "$FRAGWIZARD" --auto --duration 0 --playbook quick >out 2>"$seen"
check "which is used" grep -q 'My own quick look' out
cp config/fragwizard/playbooks/quick.yaml own.yaml
audit --playbook own.yaml >out
check "--playbook takes a file too" grep -q 'My own quick look' out
echo 'nonsense: 1' >>config/fragwizard/playbooks/quick.yaml
last=$(wc -l <config/fragwizard/playbooks/quick.yaml)
XDG_CONFIG_HOME=$dir/config "$FRAGWIZARD" --auto --duration 60 --playbook quick >out 2>"$seen"
is "a broken one is refused" "$? $(cat out)" "3 "
check "with file, line and column" grep -q "^$dir/config/fragwizard/playbooks/quick.yaml:$last:1: " "$seen"
"$FRAGWIZARD" check quick >out 2>"$seen"
is "check: a good playbook" "$?" 0
"$FRAGWIZARD" check config/fragwizard/playbooks/quick.yaml >out 2>"$seen"
is "check: a broken one" "$?" 3

# Plain terminals
LC_ALL=C TERM=dumb "$FRAGWIZARD" --auto --duration 0 >ascii.txt 2>"$seen"
check "in the C locale every byte is ASCII" sh -c '! LC_ALL=C grep -q "[^ -~]" "$0"' ascii.txt
LC_ALL=C "$FRAGWIZARD" probe host window=0 >ascii.txt 2>"$seen"
check "of probes too" sh -c '! LC_ALL=C grep -q "[^ -~]" "$0"' ascii.txt
if command -v script >/dev/null; then
    on_terminal() { # a shell command, with colour or without
        script -qec "$1" /dev/null </dev/null >terminal 2>&1
    }
    export FRAGWIZARD
    TERM=xterm NO_COLOR=1 on_terminal '"$FRAGWIZARD" --auto --duration 0'
    check "NO_COLOR: no escape byte on a terminal" plain terminal
    TERM=dumb on_terminal '"$FRAGWIZARD" --auto --duration 1'
    check "TERM=dumb: none either" plain terminal
    check "a terminal is told what happens and how to end it" grep -q 'changes nothing.*Ctrl-C' terminal
    check "and how long it takes" grep -q 'left' terminal
    TERM=xterm on_terminal 'stty rows 24 cols 80; "$FRAGWIZARD" --auto --duration 0 -o s.html'
    check "with -o a terminal shows where the report is" grep -q 'Report: s.html' terminal
    check "in less than a screenful" [ "$(wc -l <terminal)" -lt 24 ]
else
    skip "on a terminal" "no script"
fi

# The window, and no more
load=$(cut -d. -f1 /proc/loadavg)
if [ "$load" -gt $((4 * $(nproc))) ]; then
    skip "an audit of 3 seconds takes no more than 5" "the load average is $load"
else
    begun=$(date +%s%N)
    "$FRAGWIZARD" --auto --duration 3 >out 2>"$seen"
    took=$((($(date +%s%N) - begun) / 1000000))
    check "an audit of 3 seconds takes no more than 5 (took $took ms)" [ $took -ge 3000 -a $took -le 5000 ]
fi
"$FRAGWIZARD" --auto --duration 1min >out 2>"$seen" &
sleep 1
kill -TERM $!
wait $!
status=$?
check "SIGTERM ends the window and the report comes (status $status)" sh -c '[ $0 -le 3 ] && grep -q "observed for" out' $status

# With one process of each command there is no group, but within no time none could have been seen to start either
if unshare --pid --fork --kill-child --mount-proc true 2>/dev/null; then
    unshare --pid --fork --kill-child --mount-proc "$FRAGWIZARD" --auto --duration 0 --format json >moment.json 2>"$seen"
    is "what needs a window is unknown without one" \
        "$(jq -r '.verdicts[] | select(.id == "group-growth" or .id == "leak") | .state' moment.json | tr '\n' ' ')" "unknown unknown "
else
    skip "what needs a window is unknown without one" "no namespaces here"
fi

if sanitized; then
    skip "peak memory" "sanitized build"
elif [ -x "$BUILD/tests/timer" ]; then
    # The pages of the libraries (libxml2 brings ICU and libstdc++) come and go with the page cache: about 5 of the 8 MiB
    # are theirs. What the audit adds is ours: 2 MiB of anonymous memory, the rest is the program's own text, of which the kernel maps
    # what lies around too. The least of three runs, since other programs run here too.
    peak=999999
    for run in 1 2 3; do
        bare=$("$BUILD/tests/timer" "$FRAGWIZARD" --version | grep -Eo '[0-9]+' | tail -n 1)
        whole=$("$BUILD/tests/timer" "$FRAGWIZARD" --auto --duration 0 | grep -Eo '[0-9]+' | tail -n 1)
        [ $((whole - bare)) -ge "$peak" ] || peak=$((whole - bare))
    done
    processes=$(ls -d /proc/[0-9]* | wc -l)
    if [ "$processes" -gt 400 ]; then
        skip "at most 4 MiB of memory beside the libraries" "$processes processes"
    else
        check "at most 4 MiB of memory beside the libraries ($peak KiB)" [ "$peak" -le 4096 ]
    fi
fi
finish
