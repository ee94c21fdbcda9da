#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Two saved cases compared: exit statuses, formats that hold the same, and cases that cannot be compared.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
need jq
[ -x "$BUILD/tests/seal" ] || skip_all 'seal is not built'
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
seen=$dir/seen

# One machine before and after: the same capture, with its second node's free memory in large blocks
cp -r "$SRC/tests/roots/numa-5.10" "$dir/tree"
"$FRAGWIZARD" --root "$dir/tree" --auto -o "$dir/a.json" 2>/dev/null
sed -i 's/^Node 1, zone   Normal .*/Node 1, zone   Normal 14362 11875 8484 4148 2753 1603 950 653 494 341 900/' \
    "$dir/tree/proc/buddyinfo"
"$FRAGWIZARD" --root "$dir/tree" --auto -o "$dir/b.json" 2>/dev/null

# made NAME FROM JQ: another case
made() {
    jq "del(.checksum) | $3" "$dir/$2.json" | "$BUILD/tests/seal" >"$dir/$1.json"
}
compare() {
    timeout 10 "$FRAGWIZARD" diff "$@" >"$dir/out" 2>"$seen" </dev/null
    status=$?
}
# gives WHAT STATUS PATTERN BEFORE AFTER: the first line matches
gives() {
    compare "$dir/$4.json" "$dir/$5.json"
    if [ "$status" = "$2" ] && sed -n 1p "$dir/out" | grep -q -- "$3" && [ ! -s "$seen" ]; then
        ok "$1: exit status $2, $3"
    else
        not_ok "$1: exit status $status instead of $2, or not '$3'" "$dir/out"
    fi
}
# refuses WHAT PATTERN WORDS...: one sentence, exit status 3, nothing on standard output
refuses() {
    what=$1 pattern=$2
    shift 2
    compare "$@"
    if [ $status = 3 ] && [ ! -s "$dir/out" ] && [ "$(wc -l <"$seen")" = 1 ] && grep -q -- "$pattern" "$seen"; then
        ok "$what: $pattern"
    else
        not_ok "$what: $pattern (status $status)" "$seen"
    fi
}

gives 'mended' 0 '^\[ok\] Better: 2 findings gone, none new' a b
check 'the verdict stands in the first sentence' sh -c 'head -n 2 "$0" | tr -s " \n" " " |
    grep -q "External fragmentation: confirmed (undecided) → ruled out"' "$dir/out"
check 'where the figure stands now' sh -c 'tr -s " \n" " " <"$0" | grep -q "unusable huge 99 % → 30 %"' "$dir/out"
gives 'broken again' 1 '^\[!\] *Worse: 2 findings new' b a
gives 'nothing changed' 0 '^\[=\] *The same: ' a a

# The same process under another number, and in a container of another name
made renamed a '(.findings[] | select(.id == "process-large")) |= (.severity = "warning" | .row = "pid=99")'
made named a '(.findings[] | select(.id == "process-large")) |= (.severity = "warning")'
gives 'another pid is the same process' 0 '^\[=\] *The same: 5 findings unchanged' named renamed
made old named 'del(.findings[].identity)'
gives 'a case without identities' 0 '^\[=\] *The same: 5 findings unchanged' old named

# What could not be checked is not gone
unchecked='.findings |= map(select(.id != "huge-blocks-unusable")) | (.check_list[] | select(.id == "huge-blocks-unusable")) |=
    (.result = "unchecked" | .why = "permission denied" | .unknown = 1 | .fired = 0)'
made blind a "$unchecked"
gives 'a finding that could not be looked for' 3 '^\[?\] *Cannot be told: ' a blind
check 'and it is not called gone' sh -c '! grep -q "Gone\|Better" "$0" && grep -q "Could not be looked for again" "$0"' "$dir/out"
gives 'one that could not be seen before' 3 '^\[?\] *Cannot be told: ' blind a
made blinder blind '(.findings[] | select(.id == "compaction-failing")).severity = "critical"'
gives 'worse all the same' 1 'Worse: 1 finding more severe' a blinder
made half b '.complete = false | (.steps[] | select(.id == "slabs")).state = "pending" |
    (.check_list[] | select(.step == "slabs")) |= (.result = "not-run" | .why = null)'
gives 'a run left before its end' 3 'Cannot be told: ' a half
made passed b '(.steps[] | select(.id == "slabs")).state = "passed" |
    (.check_list[] | select(.step == "slabs")) |= (.result = "not-run" | .why = null)'
gives 'a branch not taken' 0 'Better: 2 findings gone' a passed

# Not to be compared
made host b '.host.name = "other"'
refuses 'another host' 'of host search-2, the second of other' "$dir/a.json" "$dir/host.json"
made quick b '.playbook = "quick"'
refuses 'another playbook' 'memory-fragmentation, the second with quick' "$dir/a.json" "$dir/quick.json"
sed 's/search-2/search-3/' "$dir/b.json" >"$dir/changed.json"
refuses 'a case that was changed' 'changed or damaged' "$dir/a.json" "$dir/changed.json"
refuses 'no such case' 'nowhere.json' "$dir/a.json" "$dir/nowhere.json"
refuses 'no case at all' 'not a case' "$SRC/schema/case.json" "$dir/a.json"
refuses 'one case' 'two cases' "$dir/a.json"
refuses 'three cases' 'two cases' "$dir/a.json" "$dir/a.json" "$dir/a.json"
refuses 'a format of monitoring' 'none of text, html, json' --format nagios "$dir/a.json" "$dir/b.json"
refuses 'metrics' 'text, html or json' -o "$dir/x.prom" "$dir/a.json" "$dir/b.json"
refuses 'an ending that tells nothing' 'tells no format' -o "$dir/x.pdf" "$dir/a.json" "$dir/b.json"
refuses 'no such directory' 'does not exist' -o "$dir/nowhere/x.html" "$dir/a.json" "$dir/b.json"
refuses 'an unknown option' "did you mean '--format'" --fromat json "$dir/a.json" "$dir/b.json"

# Formats
mkdir "$dir/reports"
compare "$dir/a.json" "$dir/b.json" -o "$dir/d.html" -o "$dir/d.txt" -o "$dir/d.json" -o "$dir/reports" -o -
is 'several outputs at once' "$status" 0
is 'only the owner may read them' "$(stat -c %a "$dir/d.html" "$dir/d.txt" "$dir/d.json" | sort -u)" 600
check 'a name of its own in a directory' sh -c 'ls "$0" | grep -qx "fragwizard-search-2-[0-9T]*Z.diff.html"' "$dir/reports"
check 'and on standard output' cmp -s "$dir/out" "$dir/d.txt"
sentence=$(jq -r .sentence "$dir/d.json")
check 'the text begins with the sentence' sh -c '[ "$(sed "/^$/q" "$0" | tr -s " \n" " ")" = "[ok] $1 " ]' "$dir/d.txt" "$sentence"
check 'the page has it as its heading' grep -qF "$sentence" "$dir/d.html"
is 'JSON tells the exit status' "$(jq -r '"\(.outcome) \(.exit_status)"' "$dir/d.json")" 'better 0'
same=yes
for id in $(jq -r '.findings[] | select((.before // .after).severity != "info") | .id' "$dir/d.json"); do
    grep -q "check $id" "$dir/d.txt" && grep -q "<code>$id</code>" "$dir/d.html" || same="$id is missing"
done
is 'three formats hold the same findings' "$same" yes
jq -r '.findings[] | (.after // .before).say' "$dir/d.json" | while read -r say; do
    tr -s ' \n' ' ' <"$dir/d.txt" | grep -qF -- "$say" || echo "$say"
done >"$seen"
check 'and the same sentences' [ ! -s "$seen" ]
compare "$dir/a.json" "$dir/b.json" --format json
check '--format' cmp -s "$dir/out" "$dir/d.json"
check 'no escape byte off a terminal' sh -c '! grep -q "$(printf "\033")" "$0"' "$dir/d.txt"

# Hostile words in a case whose checksum is right
made hostile a '(.findings[] | .say) = "\u001b]0;x\u0007<script>alert(1)</script>\u202e" | .headline = "<img src=x onerror=y>" |
    (.findings[].identity) = "\u001b[31m<b>" | (.findings[].evidence[].name) = "<i>.\u009b" | .case_id = "\u001b[2J" |
    (.verdicts[].title) = "</style><script>" | del(.findings[].step) | .version = "\u001b" | (.check_list[].why) = "\u001b[1m<u>"'
compare "$dir/hostile.json" "$dir/b.json" -o "$dir/h.html" -o "$dir/h.txt" -o "$dir/h.json"
check 'a hostile case is compared' [ $status -le 3 ]
check 'and nothing of it is sent to the terminal' sh -c '[ -s "$0" ] && ! LC_ALL=C grep -q "$(printf "[\033\007\177]")" "$0"' "$dir/h.txt"
check 'nor becomes markup' sh -c '[ -s "$0" ] && ! grep -qi "<script\|<img\|<i>\|<u>" "$0"' "$dir/h.html"
"$FRAGWIZARD" report "$dir/hostile.json" -o "$dir/r.html" 2>"$seen"
check 'it can be reported, too' [ $? -le 3 ]
check 'and its JSON is JSON' quiet jq -e .format "$dir/h.json"

# What is documented
if python3 -c 'import jsonschema' 2>/dev/null; then
    for name in d h; do
        python3 - "$SRC/schema/diff.json" "$dir/$name.json" >"$seen" 2>&1 <<'END'
import json, sys
import jsonschema
with open(sys.argv[1]) as f, open(sys.argv[2]) as g:
    schema, diff = json.load(f), json.load(g)
jsonschema.Draft7Validator.check_schema(schema)
found = [e.message for e in jsonschema.Draft7Validator(schema).iter_errors(diff)]
print("\n".join(found))
assert not found
diff["findings"][0]["change"] = "vanished"
assert not jsonschema.Draft7Validator(schema).is_valid(diff), "the schema notices nothing"
END
        is "$name.json fits schema/diff.json" $? 0
    done
else
    skip 'JSON fits schema/diff.json' 'no python3-jsonschema'
fi
finish
