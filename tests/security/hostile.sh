#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Processes choose their names. Markup, escape sequences and broken UTF-8 in them reach no terminal, page or program as such.
. "$(dirname "$0")/../tools/tap.sh"
need python3 jq mkfifo
[ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'
[ -x "$BUILD/tests/named" ] || skip_all 'named is not built'
work=$(mktemp -d) || exit 1
end() {
    exec 8>&-
    wait
    rm -rf "$work"
}
trap end EXIT
mkfifo "$work/hold"
# Large enough to be among the leading processes
for name in '<script>x()' '\x1b]0;own\x07\x1b[31m' '\xff\xfe\xc3\x28\xed\xa0\x80' '"\x27&amp;--><b>' '\x0a\x0d\x09FAKE' '\xe2\x80\xae{pid}%s%n' ') R 1 1 1'; do
    "$BUILD/tests/named" "$name" 24 <"$work/hold" >>"$work/said" &
done
exec 8>"$work/hold"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ "$(grep -c ready "$work/said")" -ge 7 ] && break
    sleep 0.2
done
is 'seven processes with hostile names run' "$(grep -c ready "$work/said")" 7

seen=$work/stderr
"$FRAGWIZARD" --auto --duration 1 -o "$work/case.json" >"$work/text" 2>"$work/stderr" 8>&-
check 'the audit ends as ever' test $? -le 3
"$FRAGWIZARD" --auto --duration 1 >"$work/text" 2>>"$work/stderr" 8>&-
"$FRAGWIZARD" report "$work/case.json" -o "$work/report.html" >/dev/null 2>>"$work/stderr"
"$FRAGWIZARD" report "$work/case.json" -o "$work/report.txt" >/dev/null 2>>"$work/stderr"
"$FRAGWIZARD" probe processes >"$work/probe" 2>>"$work/stderr" 8>&-
"$FRAGWIZARD" probe processes --format json >"$work/probe.json" 2>>"$work/stderr" 8>&-
"$FRAGWIZARD" report "$work/case.json" --format nagios >"$work/nagios" 2>>"$work/stderr"
"$FRAGWIZARD" report "$work/case.json" --format prometheus >"$work/prom" 2>>"$work/stderr"

cat >"$work/look.py" <<'END'
import html.parser, json, sys, unicodedata
work = sys.argv[1]
count = 0
def result(good, what, detail=''):
    global count
    count += 1
    print(('ok - ' if good else 'not ok - ') + what)
    if not good:
        print('# ' + str(detail)[:500])

def clean(name):
    data = open(f'{work}/{name}', 'rb').read()
    try:
        text = data.decode('utf-8')
    except UnicodeDecodeError as error:
        result(False, f'{name}: valid UTF-8', error)
        return ''
    bad = sorted({hex(ord(c)) for c in text if (unicodedata.category(c) in ('Cc', 'Cs') and c != '\n') or c in '\u202e\u202d\u2066\u2067'})
    result(len(data) > 0 and not bad, f'{name}: no escape, control or direction character', bad or 'empty')
    return text

for name in ('text', 'report.txt', 'probe', 'report.html', 'nagios', 'prom'):
    clean(name)

class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.names, self.attributes, self.text = set(), [], ''
    def handle_starttag(self, tag, attributes):
        self.names.add(tag)
        self.attributes += attributes
    def handle_data(self, data):
        self.text += data
page = Page()
page.feed(open(f'{work}/report.html', encoding='utf-8', errors='replace').read())
result(not page.names & {'script', 'iframe', 'object', 'embed', 'link', 'base', 'form', 'x'}, 'report.html: no script nor anything that loads', page.names)
result(not [a for a in page.attributes if a[0].startswith('on')], 'report.html: no event handler')
result(not [a for a in page.attributes if a[0] in ('src', 'action') or (a[0] == 'href' and not a[1].startswith('#'))], 'report.html: nothing is fetched',
       [a for a in page.attributes if a[0] in ('src', 'href')])
result('<script>x()' in page.text, 'report.html: the name stands there as text')

try:
    case = json.load(open(f'{work}/case.json', encoding='utf-8'))
    named = [p['command'] for p in case['facts']['processes']['process']]
    result(any('<script>x()' in (c or '') for c in named), 'case.json: parses, and has the name', named)
    result(not any(ord(c) < 32 for n in named for c in n or ''), 'case.json: no control character in a name', named)
    result(any('R 1 1 1' in (c or '') for c in named), 'case.json: a name with a bracket does not upset the other fields', named)
except Exception as error:
    result(False, 'case.json: parses', error)
try:
    json.load(open(f'{work}/probe.json', encoding='utf-8'))
    result(True, 'probe.json: parses')
except Exception as error:
    result(False, 'probe.json: parses', error)
END
python3 "$work/look.py" "$work" >"$work/results" 2>&1 || echo "not ok - the outputs can be looked at" >>"$work/results"
while read -r line; do
    case $line in
    'ok - '*) ok "${line#ok - }" ;;
    'not ok - '*) not_ok "${line#not ok - }" ;;
    *) echo "# ${line#\# }" ;;
    esac
done <"$work/results"
finish
