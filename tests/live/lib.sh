# SPDX-License-Identifier: GPL-3.0-or-later
# What the live tests share: `before` looks at the machine as it is, `start` makes a condition, `audit` tells what that added, and
# everything is undone on any end.
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
live_release() {
    exec 8>&-
    for live_one in ${live_workloads:-}; do
        wait "$live_one" 2>/dev/null
    done
    eval "$live_undo"
    live_undo=:
}
live_end() {
    trap - EXIT INT TERM
    live_release
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

# known_state: caches are dropped and free memory is made whole, as far as it can be
known_state() {
    sync
    echo 3 >/proc/sys/vm/drop_caches
    # A pool of huge pages over nearly all that is free is found by compaction, and leaves it in one piece
    live_pool=$(cat /proc/sys/vm/nr_hugepages 2>/dev/null)
    if [ -n "$live_pool" ]; then
        undo "echo $live_pool >/proc/sys/vm/nr_hugepages"
        awk -v pool="$live_pool" '/^MemFree/ { free = $2 } /^Hugepagesize/ { size = $2 }
            END { print pool + (free > 3145728 ? int((free - 3145728) / size) : 0) }' /proc/meminfo >/proc/sys/vm/nr_hugepages
        echo "$live_pool" >/proc/sys/vm/nr_hugepages
    fi
    drain
}

drain() { # the per-CPU lists, which hold what large processes left, bit by bit
    [ -r /proc/sys/vm/stat_refresh ] || return 0
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        cat /proc/sys/vm/stat_refresh
    done
}

# live_look FILE [OPTION…]: an audit's case; the exit status to $status
live_look() {
    live_to=$1
    shift
    status=0
    ${live_alone:-} timeout 120 "$FRAGWIZARD" --auto --duration "${duration:-5}" --format json "$@" >"$live_to" 2>"$work/stderr" \
        8>&- 9>&- || status=$?
    jq -e .verdicts "$live_to" >/dev/null 2>&1
}

# before [VERDICT]: what the machine is found with now is not the test's, and is left out of later audits. If VERDICT is among
# it, the machine is brought to a known state first.
before() {
    for live_try in 1 2; do
        duration=2 live_look "$work/before" || skip_all "no audit of this machine: $(head -n 1 "$work/stderr")"
        [ $live_try = 1 ] && jq -e --arg id "${1:-}" '.verdicts[] | select(.id == $id and (.state == "confirmed" or .state == "likely"))' \
            "$work/before" >/dev/null || break
        echo "# $1 is here already: caches are dropped and free memory is made whole"
        known_state
    done
    live_machine=$work/before
    jq -r '.findings[] | select(.severity != "info" or .id == "cache-large") | "# this machine, before: \(.say)"' "$live_machine"
}

# audit [OPTION…]: the case, less what is the machine's, goes to $live_case, the exit status to $status
audit() {
    live_audits=$((${live_audits:-0} + 1))
    live_whole=$work/whole.$live_audits
    if live_look "$live_whole" "$@"; then
        ok "the audit gives a case"
    else
        not_ok "the audit gives a case (exit status $status)" "$work/stderr"
        finish
    fi
    live_judge
}

# What is left of $live_whole is judged, and shown by a failed test
live_judge() { # live_own: what the test made beside its workloads: paths of control groups, names of settings
    live_case=$work/case.json
    if [ -z "${live_machine:-}" ]; then
        cp "$live_whole" "$live_case"
    else
        # shellcheck disable=SC2086
        sh "$SRC/tests/tools/added.sh" "${live_workloads:-} ${live_own:-}" "$live_whole" $live_machine >"$live_case"
    fi
    jq -r '"lead \(.lead), status \(.status): \(.headline)",
        (.verdicts[] | "\(.id): \(.state)\(if .machine then " (of this machine)" else "" end); for: \(.for // [] | join(" | ")); against: \(.against // [] | join(" | "))"),
        (.verdicts[] | select(.kind) | "\(.id): kind \(.kind); owners: \(.owners // [] | join(" | "))"),
        (.experiments // [] | .[] | "experiment \(.id): \(.state) \(.why // ""); \(.before.value) before, \(.after.value) after"),
        (.findings[] | "\(.severity) \(.id): \(.say)")' "$live_case" >"$work/summary" 2>&1
    seen=$work/summary
}

live_is_so() { # FILTER [NAME VALUE]
    jq -e --arg "${2:-none}" "${3:-}" "$1" "$live_case" >/dev/null 2>"$work/stderr"
}

# holds WHAT FILTER [NAME VALUE]: the jq filter is true of the case
holds() {
    if live_is_so "$2" "${3:-}" "${4:-}"; then
        ok "$1"
    else
        not_ok "$1" "$seen"
    fi
}

# holds_here WHAT FILTER [NAME VALUE]: the same, of what other programs can bring about too. What does not hold is decided at the
# end, when an audit without the test's condition has told what else is the machine's.
holds_here() {
    if live_is_so "$2" "${3:-}" "${4:-}"; then
        ok "$1"
    else
        live_open=$((${live_open:-0} + 1))
        printf '%s' "$1" >"$work/open.$live_open.what"
        printf '%s' "$2" >"$work/open.$live_open.filter"
        echo "${3:-none} ${4:-}" >"$work/open.$live_open.value"
        echo "$live_whole" >"$work/open.$live_open.case"
    fi
}
live_decide() {
    [ -n "${live_open:-}" ] || return 0
    echo '# not all is as it should be: audited again without the condition'
    live_release
    duration=5 live_look "$work/after" && live_machine="${live_machine:-} $work/after"
    live_n=0
    while [ $live_n -lt "$live_open" ]; do
        live_n=$((live_n + 1))
        live_whole=$(cat "$work/open.$live_n.case")
        live_judge
        read -r live_name live_value <"$work/open.$live_n.value"
        holds "$(cat "$work/open.$live_n.what")" "$(cat "$work/open.$live_n.filter")" "$live_name" "$live_value"
    done
}
tap_last=live_decide

state() { # of a verdict
    jq -r --arg id "$1" '[.verdicts[] | select(.id == $id) | .state][0] // "no such verdict"' "$live_case"
}

# found ID: that verdict holds, and for a reason that was not there before
found() {
    if live_is_so '.verdicts[] | select(.id == $id) | .machine' id "$1"; then
        skip "$1 is found" 'it cannot be told from what was there before'
        finish
    fi
    case $(state "$1") in
    confirmed | likely) ok "$1 is found" ;;
    *) not_ok "$1 is found" "$seen" ;;
    esac
}

# nothing_but ID…: no verdict that speaks of another illness holds
nothing_but() {
    holds_here 'nothing else is diagnosed' '[.verdicts[] | select(.state == "confirmed" or .state == "likely") | .id]
        - ($also | split(" ")) == []' also "$*"
}

# diagnosed ID [ALSO…]: that verdict holds, leads, and no other does but those that tell the same from another side
diagnosed() {
    found "$1"
    holds_here "$1 leads" '.lead == $id' id "$1"
    nothing_but "$@"
}

not_diagnosed() {
    holds_here "$1 is not diagnosed" '[.verdicts[] | select(.id == $id).state][0] | . == "ruled-out" or . == "unknown"' id "$1"
}

no_alarm() { # WHAT
    holds_here "$1" 'all(.findings[]; .severity == "info")'
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

# free_whole: bytes free in huge pages' blocks (2 MiB), as the kernel tells
free_whole() {
    awk -v page="$(getconf PAGESIZE)" '{ for (i = 5; i <= NF; i++) if (2 ^ (i - 5) * page >= 2097152) n += $i * 2 ^ (i - 5) * page }
        END { printf "%.0f\n", n }' /proc/buddyinfo
}

# owned WHAT PATTERN: one of the owners that external fragmentation names matches
owned() {
    holds "$1" '.verdicts[] | select(.id == "external-fragmentation") | .owners // [] | map(select(test($pattern))) | length > 0' \
        pattern "$2"
}

compaction_won='[.experiments[] | select(.action == "compact")][0] as $tried
    | ($tried.after.value - $tried.before.value) / .facts.buddy.buddy[0].free'

# The experiment that compacts was made, and what it measured before and after (a share or bytes) differs much, or hardly
compaction_gained() { # much | little, in shares of what was free
    holds 'compacting was tried, as allowed' '[.experiments[] | select(.action == "compact" and .state == "done")] | length == 1'
    holds "it gained $1" "$compaction_won | if \$gain == \"much\" then . > 0.3 else . < 0.3 end" gain "$1"
}
