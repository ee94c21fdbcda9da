#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the author of a playbook gets to hear: check, list and explain; each broken playbook's complaints are in broken.expected.
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
seen=$tmp/seen
export XDG_CONFIG_HOME="$tmp/config"
here=$SRC/tests/playbooks

for f in "$SRC"/playbooks/*.yaml "$here"/ok/*.yaml; do
    check "${f#"$SRC"/} is accepted" sh -c '"$FRAGWIZARD" check "$1" >"$2" 2>&1 && grep -Eq "^$1: ok, [0-9]+ steps?, [0-9]+ rules?$" "$2"' - "$f" "$seen"
done

sed -n '/^```yaml$/,/^```$/p' "$SRC/docs/playbooks.md" | sed '/^```/d' >"$tmp/documented.yaml"
"$FRAGWIZARD" check "$tmp/documented.yaml" >"$seen" 2>&1
is "the documented playbook is accepted" $? 0
sed -n '/^    experiments:$/,/^$/p' "$SRC/docs/playbooks.md" >"$tmp/experiment"
awk -v experiment="$tmp/experiment" '/^    rules:$/ { while ((getline line <experiment) > 0) print line } { print }' \
    "$tmp/documented.yaml" >"$tmp/tested.yaml"
"$FRAGWIZARD" check "$tmp/tested.yaml" >"$seen" 2>&1
is "so is it with the documented experiment" "$? $(grep -c compact_now "$tmp/tested.yaml")" "0 1"

cd "$here/broken" || exit 1
for f in *.yaml; do
    "$FRAGWIZARD" check "$f" >"$tmp/out" 2>"$seen"
    status=$?
    grep "^$f:" ../broken.expected >"$tmp/expected"
    if [ $status = 3 ] && [ ! -s "$tmp/out" ] && [ -s "$tmp/expected" ] && cmp -s "$seen" "$tmp/expected"; then
        ok "the mistake of $f is told, with its place"
    else
        echo "(exit status $status)" >>"$seen"
        not_ok "the mistake of $f is told, with its place" "$seen"
    fi
done
awk -F: '{ print $1 }' ../broken.expected | sort -u >"$tmp/told"
ls | sort >"$tmp/there"
check "no expected complaint is left over" cmp -s "$tmp/told" "$tmp/there"

# Playbooks that build on others
printf 'format: fragwizard-playbook/1\nname: mine\nextends: memory-fragmentation\n' >"$tmp/mine.yaml"
"$FRAGWIZARD" check "$tmp/mine.yaml" >"$seen" 2>&1
is "three lines that extend the shipped playbook" "$(cat "$seen")" "$tmp/mine.yaml: ok, $("$FRAGWIZARD" check memory-fragmentation | sed 's/.*ok, //')"
"$FRAGWIZARD" --auto --playbook "$tmp/mine.yaml" --root "$SRC/tests/roots/guest-1g" --format json >"$seen" 2>&1
mine=$?
"$FRAGWIZARD" --auto --root "$SRC/tests/roots/guest-1g" >/dev/null 2>&1
is "it runs, and judges as the shipped one" $mine $?
check "its report names it" grep -q '"playbook": *"mine"' "$seen"
"$FRAGWIZARD" list checks >"$seen" 2>&1
check "what quick leaves out is no check of it" sh -c '! grep -q "^growing-evenly .* quick " "$1" && grep -q "^available-low .* quick " "$1"' - "$seen"
mkdir -p "$tmp/config/fragwizard/playbooks"
printf 'format: fragwizard-playbook/1\nname: quick\nextends: quick\ntitle: My quick look\n' >"$tmp/config/fragwizard/playbooks/quick.yaml"
"$FRAGWIZARD" list playbooks >"$seen" 2>&1
check "a file in the place of a built-in one builds on that" grep -Eq '^quick +My quick look +/' "$seen"
"$FRAGWIZARD" check "$tmp/mine.yaml" quick >"$seen" 2>&1
is "its exit status" $? 0
rm -r "$tmp/config"
cd "$tmp" || exit 1
for n in 1 2 3 4 5 6 7 8 9; do
    printf 'format: fragwizard-playbook/1\nname: deep\nextends: deep%d.yaml\n' $((n + 1)) >deep$n.yaml
done
cp mine.yaml deep10.yaml
"$FRAGWIZARD" check deep3.yaml >"$seen" 2>&1
is "eight playbooks that build on one another" "$?" 0
"$FRAGWIZARD" check deep2.yaml >/dev/null 2>"$seen"
is "nine: refused" "$?" 3
check "nine: both files are named" grep -q '^deep10.yaml:3:10: memory-fragmentation.yaml is too far down: at most 8' "$seen"
printf 'format: fragwizard-playbook/1\nname: one\nextends: two.yaml\n' >one.yaml
printf 'format: fragwizard-playbook/1\nname: two\nextends: one.yaml\n' >two.yaml
"$FRAGWIZARD" check one.yaml >/dev/null 2>"$seen"
is "a circle: both files are named" "$? $(head -1 "$seen")" "3 one.yaml:3:10: two.yaml cannot be built on like this: see what is told of it"
check "a circle: its place" grep -q '^two.yaml:3:10: one.yaml is what builds on this' "$seen"
printf 'format: fragwizard-playbook/1\nname: one\nextends: memory-fragmentation\nleave: [limit_soon]\n' >one.yaml
"$FRAGWIZARD" check one.yaml >/dev/null 2>"$seen"
is "what is left out is still used: exit status" $? 3
check "what is left out is still used: where" grep -Eq '^memory-fragmentation.yaml:[0-9]+:[0-9]+: unknown limit .limit_soon' "$seen"
check "what is left out is still used: by whom" grep -q '^one.yaml:3:10: memory-fragmentation.yaml cannot be built on' "$seen"
mkdir nested && cp "$here/ok/small.yaml" nested/ && printf 'format: fragwizard-playbook/1\nname: one\nextends: small.yaml\n' >nested/one.yaml
"$FRAGWIZARD" check nested/one.yaml >"$seen" 2>&1
is "a path is relative to the file that gives it" "$(cat "$seen")" "nested/one.yaml: ok, 3 steps, 3 rules"
cd "$here/broken" || exit 1

# Warnings
sed -e 's/^limits:/limits:\n  spare: {value: 5%, why: none, source: heuristic}/' -e 's/^        when: answer.complaint = .slow.$//' \
    -e "s/answer.complaint = 'oom' and //" "$here/ok/small.yaml" >"$tmp/unused.yaml"
"$FRAGWIZARD" check "$tmp/unused.yaml" >"$tmp/out" 2>"$seen"
is "unused limits and questions are no mistake" "$? $(cat "$tmp/out")" "0 $tmp/unused.yaml: ok, 3 steps, 3 rules"
is "they are warned of, with their place" "$(cat "$seen")" "$tmp/unused.yaml:9:3: warning: nothing uses limit.spare
$tmp/unused.yaml:35:13: warning: nothing uses answer.complaint"
"$FRAGWIZARD" check quick memory-fragmentation >/dev/null 2>"$seen"
is "nothing to warn of in the shipped ones" "$(cat "$seen")" ""

# Several at once: every complaint of every file, and the good ones are still told
"$FRAGWIZARD" check unknown-key.yaml ../ok/small.yaml missing-key.yaml >"$tmp/out" 2>"$seen"
is "one bad file among several: exit status" $? 3
is "one bad file among several: the good one is named" "$(cat "$tmp/out")" "../ok/small.yaml: ok, 3 steps, 3 rules"
is "one bad file among several: the complaints of all" "$(wc -l <"$seen" | tr -d ' ')" 2

# Limits, and how long refusing takes (1 s here: a busy machine; a sanitized build is slower still)
awk 'BEGIN { while (n++ < 300000) print "a: 1" }' >"$tmp/bytes.yaml"
awk 'BEGIN { while (n++ < 100000) printf "[" }' >"$tmp/brackets.yaml"
awk 'BEGIN { while (n++ < 100000) printf "- " }' >"$tmp/dashes.yaml"
awk 'BEGIN { printf "["; while (n++ < 200000) printf "a," }' >"$tmp/nodes.yaml"
awk 'BEGIN { print "a: 1"; print "..."; while (n++ < 30000) print "%TAG !a" n "! tag:x" }' >"$tmp/directives.yaml"
printf 'a: \000' >"$tmp/nul.yaml"
: >"$tmp/empty.yaml"
for f in bytes brackets dashes nodes directives nul empty; do
    timeout 1 "$FRAGWIZARD" check "$tmp/$f.yaml" >"$seen" 2>&1
    is "$f.yaml is refused at once" $? 3
    check "$f.yaml: one complaint with its place" sh -c '[ "$(grep -Ec ":[0-9]+:[0-9]+: ." "$1")" = 1 ] && [ "$(wc -l <"$1")" = 1 ]' - "$seen"
done
for f in /nonexistent/x.yaml "$tmp" /dev/null ./..; do
    timeout 5 "$FRAGWIZARD" check "$f/" >"$seen" 2>&1
    is "$f is no playbook: exit status" $? 3
done
mkfifo "$tmp/fifo.yaml"
timeout 5 "$FRAGWIZARD" check "$tmp/fifo.yaml" >"$seen" 2>&1
is "a FIFO does not hold it up" $? 3
cd / || exit 1

# Names, and a file of one's own in the place of a built-in one
"$FRAGWIZARD" check quikc >"$seen" 2>&1
is "a misspelt name: exit status" $? 3
check "a misspelt name: which was meant" grep -q "did you mean 'quick'" "$seen"
"$FRAGWIZARD" list playbooks >"$seen" 2>&1
is "list playbooks: exit status" $? 0
check "list playbooks tells the built-in ones" grep -Eq '^quick +.*built in$' "$seen"
mkdir -p "$tmp/config/fragwizard/playbooks" "$tmp/config/fragwizard/templates"
sed 's/^title: .*/title: My own quick look/' "$SRC/playbooks/quick.yaml" >"$tmp/config/fragwizard/playbooks/quick.yaml"
cp "$here/ok/small.yaml" "$tmp/config/fragwizard/playbooks/small.yaml"
cp "$SRC/templates/report.css" "$tmp/config/fragwizard/templates/report.css"
"$FRAGWIZARD" list >"$seen" 2>&1
check "list: one's own file takes the place of the built-in one" \
    grep -Eq "^quick +My own quick look +$tmp/config/fragwizard/playbooks/quick.yaml\$" "$seen"
check "list: a playbook that is only in the configuration" grep -Eq "^small +A small playbook +$tmp/" "$seen"
check "list: one's own stylesheet" grep -Eq "^report.css +$tmp/" "$seen"
check "list: the built-in template" grep -Eq '^report.html +built in$' "$seen"
echo 'format: none' >"$tmp/config/fragwizard/playbooks/small.yaml"
"$FRAGWIZARD" list playbooks >"$seen" 2>&1
is "list: a faulty playbook of one's own: exit status" $? 3
check "list: a faulty playbook is called so" grep -Eq '^small +\(faulty' "$seen"
"$FRAGWIZARD" check small >"$seen" 2>&1
check "check of a name tells the file" grep -q "^$tmp/config/fragwizard/playbooks/small.yaml:1:" "$seen"
rm -r "$tmp/config"

# References
"$FRAGWIZARD" list facts >"$seen" 2>&1
check "list facts: a column with unit and help" grep -Eq '^buddy\.zone\.free +bytes +[a-z]' "$seen"
check "list facts: a key" grep -Eq '^buddy\.zone\.node +count, key +[A-Z]' "$seen"
check "list facts: the values of a closed set" grep -Eq "^swap\.swap_device\.kind +text +.*: 'partition', 'file', 'zram'\$" "$seen"
"$FRAGWIZARD" explain swap_device.kind >"$seen" 2>&1
check "explain a column: the values of its closed set" grep -q 'Is one of: partition, file, zram' "$seen"
"$FRAGWIZARD" list probes >"$seen" 2>&1
is "list probes: as many as there are" "$(sed 1d "$seen" | wc -l | tr -d ' ')" \
    "$(grep -o '&probe_[a-z]*' "$SRC/src/probes/registry.c" | wc -l | tr -d ' ')"
"$FRAGWIZARD" list checks >"$seen" 2>&1
check "list checks: every rule of a playbook" test "$(grep -c ' quick ' "$seen")" = "$("$FRAGWIZARD" check quick | sed 's/.*, \([0-9]*\) rules/\1/')"
for id in available-low available_low quick memory zone zone.free buddy.zone.free; do
    "$FRAGWIZARD" explain "$id" >"$seen" 2>&1
    case $id in
    quick) is "explain $id: a playbook is none of the things explained" $? 3 ;;
    *) is "explain $id" $? 0 ;;
    esac
done
"$FRAGWIZARD" explain --playbook "$here/ok/small.yaml" huge-unusable >"$seen" 2>&1
is "explain a check: exit status" $? 0
for what in 'check (warning) of playbook small, step zones' 'Says: Node {node}' 'Fires when: unusable_huge' 'Limit: unusable = 90 %' \
    'Reads: zone.managed, bytes' 'Why: Huge pages' 'Source: Linux mm' 'Recommends: keep-watching: Watch zone'; do
    check "explain a check: $what" grep -Fq "$what" "$seen"
done
"$FRAGWIZARD" explain --playbook "$here/ok/small.yaml" compaction-proactiveness >"$seen" 2>&1
check "explain a recommendation: its generated command" grep -Fq 'Apply: sysctl -w vm.compaction_proactiveness={default}' "$seen"
"$FRAGWIZARD" explain --playbook "$here/ok/experiments.yaml" compact_now >"$seen" 2>&1
for what in 'an experiment (compact) of playbook experiments, step zones' "Offered if: fired('there-are-zones')" 'Risk: tasks' \
    'Measured once more by: buddy' 'max(zone.unusable_huge' 'audit with --allow compaction' 'checks of experiments: compaction-helps'; do
    check "explain an experiment: $what" grep -Fq "$what" "$seen"
done
"$FRAGWIZARD" explain --playbook "$here/ok/experiments.yaml" zones-there >"$seen" 2>&1
check "explain a verdict: its kinds" grep -Fq "Its kind: if(known(after.compact_now)" "$seen"
mkdir -p "$tmp/config/fragwizard/playbooks"
cp "$here/ok/experiments.yaml" "$tmp/config/fragwizard/playbooks/"
"$FRAGWIZARD" list experiments >"$seen" 2>&1
check "list experiments: of every playbook" grep -Eq '^trimmed +operator +experiments +zones +Does' "$seen"
rm -r "$tmp/config"
"$FRAGWIZARD" explain zone.fre >"$seen" 2>&1
is "explain what is not: exit status" $? 3
check "explain what is not: which was meant" grep -q "did you mean 'zone.free'" "$seen"

for verb in check list explain; do
    "$FRAGWIZARD" $verb --help >"$seen" 2>"$tmp/err"
    is "$verb --help: exit status" "$? $(wc -c <"$tmp/err" | tr -d ' ')" "0 0"
    check "$verb --help: on stdout" grep -q "^fragwizard $verb" "$seen"
    "$FRAGWIZARD" $verb --nonsense >"$tmp/out" 2>"$seen"
    is "$verb --nonsense: exit status, nothing on stdout" "$? $(wc -c <"$tmp/out" | tr -d ' ')" "3 0"
    check "$verb --nonsense: one sentence" grep -q "^fragwizard: $verb: .*--nonsense" "$seen"
done
for verb in check explain; do
    "$FRAGWIZARD" $verb >/dev/null 2>"$seen"
    is "$verb of nothing: exit status" $? 3
done
"$FRAGWIZARD" list facts probes >/dev/null 2>"$seen"
is "list of two things: exit status" $? 3
if [ -e /dev/full ]; then
    for words in 'check quick' 'list facts' 'explain zone'; do
        "$FRAGWIZARD" $words >/dev/full 2>"$seen"
        is "$words on a full disk: exit status" $? 3
    done
fi
finish
