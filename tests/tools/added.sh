# SPDX-License-Identifier: GPL-3.0-or-later
# sh added.sh "OWN…" CASE.json MACHINE.json…: the case less what a test did not make and cannot judge: findings that a case of the
# machine has too unless they are about OWN (pids, paths of control groups, names of settings), those about another process or
# control group, and verdicts that rest on nothing else: these are unknown, with `machine` true. Who leads is told anew, and whether all is well.
set -u
added_own=$1 added_case=$2
shift 2

# The rules that speak for each verdict: "leak live-growing"
added_rests() {
    for added_verdict in $(jq -r '.verdicts[].id' "$added_case"); do
        "$FRAGWIZARD" explain "$added_verdict" | tr -s ' \n' ' ' |
            sed -E "s/(Ruled out|Unknown)( if)?:.*//; s/.*(Confirmed if:)/\\1/; s/not (else\\()?fired\\('[^']*'\\)//g" |
            grep -Eo "fired\\('[^']*'\\)" | sed "s/fired('\\(.*\\)')/$added_verdict \\1/"
    done
}
# shellcheck disable=SC2016
jq -n --arg own "$added_own" --arg rests "$(added_rests)" '
    def holding: .state == "confirmed" or .state == "likely";
    def weighs: .severity != "info";
    # a single process looked at closely has no row of its own
    def told($what): [(.row // "") | capture("^(?:" + $what + ")=(?<value>.*)").value][0];
    def subject: if told("pid|path") then told("pid|path")
        elif .step == "one-process" then [.say | scan("\\(([0-9]+)\\)")[0]][0] else null end;
    ($own | split(" ") - [""]) as $own
    | ($rests | split("\n") | map(split(" ")) | map({verdict: .[0], rule: .[1]})) as $rests
    | input as $case | [inputs] as $machine
    | [$machine[].findings[] | [.id, .identity]] as $there
    | [$machine[].verdicts[] | select(holding) | .id] as $held
    | [$case.findings[] | select(subject as $s | told("name") as $name | [.id, .identity] as $key
        | any($own[]; . == ($s // $name)) or ($s == null and all($there[]; . != $key)))] as $added
    | [$added[].id] as $fired
    | ([$case.findings[].id] - $fired) as $others
    | $case
    | .findings = $added
    | .verdicts |= map(.id as $id | [$rests[] | select(.verdict == $id).rule] as $on
        | .machine = (holding and .id != "healthy" and ($on - ($on - $fired)) == []
            and (any($held[]; . == $id) or ($on - ($on - $others)) != []))
        | if .machine then .state = "unknown" else . end)
    | any(.verdicts[]; holding and .id != "healthy" and .harm != "none") as $fault
    | .verdicts |= map(if .id == "healthy" and .state == "ruled-out" and ($fault | not) and all($added[]; weighs | not)
        then .state = "confirmed" else . end)
    | if .findings == $case.findings and all(.verdicts[]; .machine | not) then .
      else .lead = (([.verdicts[] | select(holding and .rank > 0)] | sort_by(.rank)[0])
        // [.verdicts[] | select(holding and .id == "healthy")][0]).id end
    ' "$added_case" "$@"
