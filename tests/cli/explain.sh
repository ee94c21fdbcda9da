#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Nothing accuses a machine that an operator cannot read: each shipped rule tells its formula, its limits and where these come from.
. "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/tools/tap.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export XDG_CONFIG_HOME="$dir/config" HOME="$dir" LC_ALL=C.UTF-8
seen=$dir/seen

# Each told thing on a line of its own
unfold() {
    tr -s '\n ' ' ' | sed -E 's/ (Says|For each row of|Where|Fires when|Reads|Limit|Why|Source|Optional|Recommends|Also in playbook): /\n\1: /g'
    echo
}

# Without texts in quotes
bare() {
    sed -n "s/^ *$1: //p" "$dir/told" | sed "s/'[^']*'//g"
}

for playbook in memory-fragmentation quick; do
    : >"$seen"
    rules=0 limits=0
    for id in $("$FRAGWIZARD" list checks | awk -v p=$playbook '{ for (i = 2; i <= NF; i++) if ($i == p) print $1 }'); do
        rules=$((rules + 1))
        "$FRAGWIZARD" explain --playbook $playbook "$id" >"$dir/out" 2>&1 || echo "$id: exit status $?" >>"$seen"
        unfold <"$dir/out" >"$dir/told"
        for what in 'Fires when: .' 'Why: .' 'Source: .'; do
            grep -q "^ *$what" "$dir/told" || echo "$id: no $what" >>"$seen"
        done
        for limit in $(bare 'Fires when' | grep -o 'limit\.[a-z0-9_]*' | sort -u); do
            limits=$((limits + 1))
            grep -Eq "^ *Limit: ${limit#limit.} = [0-9].* \(source: .+\) *$" "$dir/told" || echo "$id: $limit has no value or source" >>"$seen"
        done
        case $id in
        tunable-*) bare 'Fires when' | grep -Eq '(^|[^a-z_0-9.])[1-9]' && echo "$id: compares with a number that is no limit" >>"$seen" ;;
        esac
    done
    check "$playbook: it has rules and limits" test $rules -gt 20 -a $limits -gt 20
    check "$playbook: each rule tells formula, limits and sources" test ! -s "$seen"
done

"$FRAGWIZARD" list facts >"$dir/facts"
grep -Ei '^[^ ]*\.[a-z_]*(advice|recommend|propose|verdict|severity|suspicious|harmful|leak|shape)' "$dir/facts" >"$seen"
check 'no column of a probe judges' test ! -s "$seen"

"$FRAGWIZARD" explain --playbook memory-fragmentation set-min-free 2>&1 | unfold >"$seen"
check 'a proposed value tells its formula' grep -Fq 'max(current_value, reserve.own_kb)' "$seen"
finish
