# SPDX-License-Identifier: GPL-3.0-or-later
# What the live tests share: a condition is made by `start`, the audit run over it, and everything undone on any end.
# shellcheck shell=sh
. "$(dirname "$0")/../tools/tap.sh"

need jq timeout
work=$(mktemp -d) || exit 1
seen=$work/case.json
# Two runs on one machine would see each other's conditions
if [ "$(id -u)" = 0 ] && [ -d /run ]; then
    exec 9>/run/fragwizard-live-test.lock
    flock -w 300 9 || skip_all 'another live test holds this machine'
fi

live_undo=:
undo() { # commands to run at the end, the latest first
    live_undo="$1; $live_undo"
}
live_end() {
    trap - EXIT INT TERM
    exec 8>&-
    for live_workload in ${live_workloads:-}; do
        wait "$live_workload" 2>/dev/null
    done
    eval "$live_undo"
    rm -rf "$work"
}
trap live_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start PROGRAM ARGUMENT…: runs a workload, beside those started before, and waits for its "ready". All end when descriptor 8
# is closed.
start() {
    live_program=$1
    shift
    [ -x "$BUILD/tests/$live_program" ] || skip_all "$live_program is not built"
    [ -p "$work/hold" ] || mkfifo "$work/hold"
    : >"$work/said" # the last workload's is not this one's
    "${live_prefix:-env}" "$BUILD/tests/$live_program" "$@" <"$work/hold" >"$work/said" 2>"$work/complaint" 8>&- 9>&- &
    live_workload=$!
    live_workloads="${live_workloads:-} $live_workload"
    [ -n "${live_held:-}" ] || exec 8>"$work/hold"
    live_held=yes
    live_tries=0
    until grep -q ready "$work/said"; do
        if ! kill -0 "$live_workload" 2>/dev/null; then
            skip_all "$live_program: $(head -n 1 "$work/complaint")"
        fi
        live_tries=$((live_tries + 1))
        if [ $live_tries -gt 1800 ]; then
            not_ok "$live_program makes its condition within three minutes" "$work/complaint"
            finish
        fi
        sleep 0.1
    done
}

# audit [OPTION…]: the case goes to $seen, the exit status to $status
audit() {
    status=0
    seen=$work/case.json
    timeout 120 "$FRAGWIZARD" --auto --duration "${duration:-5}" --format json "$@" >"$seen" 2>"$work/stderr" 8>&- 9>&- ||
        status=$?
    if jq -e .verdicts "$seen" >/dev/null 2>&1; then
        ok "the audit gives a case"
    else
        not_ok "the audit gives a case (exit status $status)" "$work/stderr"
        finish
    fi
    # What a failed test shows
    jq -r '"lead \(.lead), status \(.status): \(.headline)",
        (.verdicts[] | "\(.id): \(.state); for: \(.for // [] | join(" | ")); against: \(.against // [] | join(" | "))"),
        (.verdicts[] | select(.kind) | "\(.id): kind \(.kind); owners: \(.owners // [] | join(" | "))"),
        (.experiments // [] | .[] | "experiment \(.id): \(.state) \(.why // ""); \(.before.value) before, \(.after.value) after"),
        (.findings[] | "\(.severity) \(.id): \(.say)")' "$seen" >"$work/summary" 2>&1
    live_case=$seen
    seen=$work/summary
}

# holds WHAT FILTER [NAME VALUE]: the jq filter is true of the case
holds() {
    if jq -e --arg "${3:-none}" "${4:-}" "$2" "$live_case" >/dev/null 2>"$work/stderr"; then
        ok "$1"
    else
        not_ok "$1" "$seen"
    fi
}

state() { # of a verdict
    jq -r --arg id "$1" '[.verdicts[] | select(.id == $id) | .state][0] // "no such verdict"' "$live_case"
}

# diagnosed ID: that verdict holds, leads, and none that speaks of another illness holds beside it, but for those allowed
diagnosed() {
    live_wanted=$1
    shift
    case $(state "$live_wanted") in
    confirmed | likely) ok "$live_wanted is found" ;;
    *) not_ok "$live_wanted is found" "$seen" ;;
    esac
    is "$live_wanted leads" "$(jq -r .lead "$live_case")" "$live_wanted"
    live_others=$(jq -r --arg id "$live_wanted" --arg also "$*" '[.verdicts[]
        | select((.state == "confirmed" or .state == "likely") and .id != $id
            and (.id as $i | $also | split(" ") | index($i) | not)) | .id] | join(" ")' "$live_case")
    is "nothing else is diagnosed" "$live_others" ""
}

not_diagnosed() {
    case $(state "$1") in
    ruled-out | unknown) ok "$1 is not diagnosed" ;;
    *) not_ok "$1 is not diagnosed" "$seen" ;;
    esac
}

# The audit is of this machine, with the rights to see all of it
live_needs() {
    need_root
    [ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'
    [ -w /proc/sys/vm/swappiness ] || skip_all 'may not change this machine (container?)'
}

# setting NAME VALUE: a sysctl of vm, or another setting by its whole path; restored at the end
setting() {
    case $1 in
    /*) live_setting=$1 ;;
    *) live_setting=/proc/sys/vm/$1 ;;
    esac
    [ -w "$live_setting" ] || return 1
    live_old=$(sed 's/.*\[\(.*\)\].*/\1/' "$live_setting") # of a choice, the one in brackets
    undo "echo '$live_old' >$live_setting"
    echo "$2" >"$live_setting"
}

# kind of a verdict: "compactable", "pinned"…
kind() {
    jq -r --arg id "$1" '[.verdicts[] | select(.id == $id) | .kind // "none"][0]' "$live_case"
}

# owned WHAT PATTERN: one of the owners that external fragmentation names matches
owned() {
    holds "$1" '.verdicts[] | select(.id == "external-fragmentation") | .owners // [] | map(select(test($pattern))) | length > 0' \
        pattern "$2"
}

# The experiment that compacts was made, and what it measured before and after (a share or bytes) differs much, or hardly
compaction_gained() { # much | little, in shares of what was free
    holds 'compacting was tried, as allowed' '[.experiments[] | select(.action == "compact" and .state == "done")] | length == 1'
    holds "it gained $1" '[.experiments[] | select(.action == "compact")][0] as $tried
        | ($tried.after.value - $tried.before.value) / .facts.buddy.buddy[0].free
        | if $gain == "much" then . > 0.3 else . < 0.3 end' gain "$1"
}
