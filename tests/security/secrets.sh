#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A password in the arguments and the environment of the process that is looked at stands in nothing that is written, unless
# whole command lines are asked for.
. "$(dirname "$0")/../tools/tap.sh"
need python3 jq unzip
[ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'
work=$(mktemp -d) || exit 1
seen=$work/stderr
cd "$work" || exit 1
end() {
    exec 8>&-
    wait
    rm -rf "$work"
}
trap end EXIT
mkfifo hold
cat >shop.py <<'P'
import sys
block = b'x' * (96 << 20)
print('ready', flush=True)
sys.stdin.read()
P
TOKEN=hunter2 AWS_SECRET_ACCESS_KEY=hunter2 GOMEMLIMIT=hunter2 NODE_OPTIONS=hunter2 \
    python3 shop.py --password=hunter2 -phunter2 --token hunter2 https://user:hunter2@host/ AWS_SECRET=hunter2 hunter2 <hold >said &
pid=$!
exec 8>hold
tries=100
while [ $tries -gt 0 ] && ! grep -q ready said; do
    sleep 0.1
    tries=$((tries - 1))
done
check 'the planted words are there' sh -c "tr '\0' '\n' </proc/$pid/cmdline | grep -q 'password=hunter2' && tr '\0' '\n' </proc/$pid/environ | grep -q TOKEN=hunter2"

mkdir out
for format in txt html json prom; do
    "$FRAGWIZARD" --auto --pid $pid --duration 1 -o out/audit.$format >>out/said 2>&1 8>&-
done
"$FRAGWIZARD" --auto --pid $pid --duration 0 --format nagios >out/nagios 2>&1 8>&-
"$FRAGWIZARD" --auto --pid $pid --duration 0 --bundle bundle.zip >>out/said 2>&1 8>&-
unzip -q -d out/bundle bundle.zip 2>"$seen"
for name in $("$FRAGWIZARD" list probes | awk 'NR > 1 && /^[a-z]/ {print $1}'); do
    "$FRAGWIZARD" probe "$name" pid=$pid window=0 rows=all >"out/$name" 2>&1 8>&-
    "$FRAGWIZARD" probe "$name" pid=$pid window=0 --format json >"out/$name.json" 2>&1 8>&-
done
"$FRAGWIZARD" capture out/tree --pid $pid >>out/said 2>&1 8>&-
"$FRAGWIZARD" --auto --root out/tree --pid $pid -o out/tree.json >>out/said 2>&1 8>&-
cat >session.py <<'P'
import os, pty, select, sys, time
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
end = time.time() + 120
while time.time() < end:
    if select.select([terminal], [], [], 0.5)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        sys.stdout.buffer.write(data)
    else:
        os.write(terminal, b'defaults\n')
os.close(terminal)
os.waitpid(child, 0)
P
XDG_STATE_HOME=$work/out/state python3 session.py "$FRAGWIZARD" --pid $pid --duration 1 -o out/session.json >out/session 2>"$seen" 8>&-

written() { # FILE…: is there and not empty
    for file in "$@"; do
        [ -s "$file" ] || return 1
    done
}
check 'all was written' written out/audit.txt out/audit.html out/audit.json out/session.json out/tree.json out/tree/proc/$pid/cmdline \
    out/bundle/*.json out/program.json out/process.json
is 'the process is in it' "$(jq -r '.facts.process.target[0].command_line' out/audit.json out/session.json out/tree.json | sort -u)" \
    'python3 shop.py --password=… -p… --token …'
is 'and named' "$(jq -r ".program[] | select(.pid == $pid) | .name" out/program.json)" shop.py
is 'a capture holds the same' "$(tr '\0' ' ' <out/tree/proc/$pid/cmdline)" 'python3 shop.py --password=… -p… --token …'
is 'the case says so' "$(jq -r .command_lines out/audit.json)" shortened
check 'and the report' grep -q 'Command lines: shortened' out/audit.txt
grep -rlia hunter2 out bundle.zip >found
is 'no secret is in anything that was written' "$(cat found)" ''

"$FRAGWIZARD" --auto --pid $pid --duration 0 --command-lines -o whole.json >said 2>"$seen" 8>&-
check 'unless whole command lines are asked for' grep -q -- '--password=hunter2 -phunter2 --token hunter2' whole.json
is 'which the case says' "$(jq -r .command_lines whole.json)" whole
"$FRAGWIZARD" probe process pid=$pid --command-lines --format json 2>"$seen" 8>&- >whole.json
check 'of the probe too' grep -q -- '--password=hunter2' whole.json
"$FRAGWIZARD" capture whole --pid $pid --command-lines >said 2>"$seen" 8>&-
check 'and of a capture' grep -qa -- '--password=hunter2' whole/proc/$pid/cmdline
check 'never the environment' sh -c '! grep -rqia TOKEN=hunter2 whole whole.json'
finish
