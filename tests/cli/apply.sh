#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# apply and undo as far as they change nothing: commands shown, and every reason to refuse. A case is what anybody wrote.
set -u
: "${SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SRC/tests/tools/tap.sh"
. "$SRC/tests/tools/changes.sh"
need jq
[ -x "$BUILD/tests/seal" ] || skip_all 'seal is not built'
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
seen=$dir/seen
XDG_STATE_HOME=$dir/state
export XDG_STATE_HOME
[ -r /proc/sys/vm/swappiness ] || skip_all 'no /proc/sys/vm'
now=$(value_of vm.swappiness)
other=61
[ "$now" != 61 ] || other=62
look >"$dir/before"
case=$dir/case.json
make_case "$case" "calm=vm.swappiness=$now=$other"

run() {
    timeout 10 "$FRAGWIZARD" "$@" >"$dir/out" 2>"$seen" </dev/null
    status=$?
}
# refuses PATTERN WORDS…: one sentence, exit status 3, nothing on standard output
refuses() {
    pattern=$1
    shift
    run "$@"
    if [ $status = 3 ] && [ ! -s "$dir/out" ] && [ "$(wc -l <"$seen")" = 1 ] && grep -q -- "$pattern" "$seen"; then
        ok "refused: $pattern"
    else
        not_ok "refused: $pattern (status $status)" "$seen"
    fi
}

run apply "$case" --dry-run
is 'the commands can be shown' "$status" 0
cat >"$dir/expected" <<END
# calm: vm.swappiness is $now
sysctl -w vm.swappiness=$other
# undo: sysctl -w vm.swappiness=$now
END
check 'they are exact, and have no other text among them' cmp "$dir/out" "$dir/expected"
if [ -d /etc/sysctl.d ]; then
    run apply --dry-run --keep "$case" calm
    check 'with the file that keeps the value' grep -qx "echo 'vm.swappiness = $other' > /etc/sysctl.d/60-fragwizard-vm.swappiness.conf" "$dir/out"
    check 'which the undo removes' grep -q "^# undo: .*; rm /etc/sysctl.d/60-fragwizard-vm.swappiness.conf$" "$dir/out"
else
    skip 'with the file that keeps the value' 'no /etc/sysctl.d'
fi
check 'and run as a script they are no error' sh -n "$dir/out"

refuses 'which case?' apply
refuses 'No such file' apply "$dir/nowhere.json"
refuses "'--kep'.*did you mean '--keep'" apply "$case" --kep
refuses "takes no value" apply "$case" --yes=1
refuses '--yes says yes to all' apply "$case"
refuses "no change 'xyzzy'.*there are: calm" apply "$case" xyzzy --yes
refuses "no change 'xyzzy'" apply "$case" calm xyzzy --yes
refuses 'changed or damaged' apply "$SRC/VERSION" --yes
sed 's/61/62/' "$case" >"$dir/edited.json"
[ "$other" != 61 ] || refuses 'changed or damaged' apply "$dir/edited.json" --yes

# No case of this machine as it is
CASE_EDIT='.host.name = "elsewhere"' make_case "$dir/x.json" "calm=vm.swappiness=$now=$other"
refuses 'was made on elsewhere' apply "$dir/x.json" --yes
CASE_EDIT='.root = "/some/tree"' make_case "$dir/x.json" "calm=vm.swappiness=$now=$other"
refuses 'captured tree' apply "$dir/x.json" --yes
CASE_EDIT='del(.root)' make_case "$dir/x.json" "calm=vm.swappiness=$now=$other"
refuses 'captured tree' apply "$dir/x.json" --yes
CASE_EDIT='.facts.host = {status: "ok", host: [{kernel: "2.6.32"}]}' make_case "$dir/x.json" "calm=vm.swappiness=$now=$other"
refuses 'with kernel 2.6.32' apply "$dir/x.json" --yes
CASE_EDIT='.facts.host = {status: "ok", host: [{memory_total: 1024}]}' make_case "$dir/x.json" "calm=vm.swappiness=$now=$other"
refuses 'with 1 KiB of memory' apply "$dir/x.json" --yes

# What is not one of the settings, or no value of one
hostile() { # PATTERN SETTING PROPOSED
    make_case "$dir/x.json" "calm=$2=$now=$3"
    refuses "$1" apply "$dir/x.json" --yes
    run apply "$dir/x.json" --dry-run
    if grep -qv '^#' "$dir/out"; then not_ok "$2=$3 is not shown as a command" "$dir/out"; else ok "$2=$3 is not shown as a command"; fi
}
hostile 'none of the settings' kernel.core_pattern '|/bin/sh'
hostile 'none of the settings' vm.drop_caches 3
hostile 'none of the settings' vm.overcommit_memory 2
hostile 'none of the settings' vm.nr_hugepages 100000
hostile 'none of the settings' ../../etc/passwd 0
hostile 'none of the settings' transparent_hugepage/enabled always
hostile 'is not a number' vm.swappiness '60; reboot'
hostile 'is not a number' vm.swappiness '$(reboot)'
hostile 'is not a number' vm.swappiness ' 61'
hostile 'to 1 to 200' vm.swappiness 4000
hostile 'to 0 only' vm.zone_reclaim_mode 7
hostile 'sets it to' vm.min_free_kbytes 2000000000
# A line break in what the case says is no line of the commands
CASE_EDIT='.recommendations[0].id = "calm\nreboot" | .recommendations[0].title = "x\nreboot"' make_case "$dir/x.json" "calm=vm.swappiness=$now=$other"
run apply "$dir/x.json" --dry-run
check 'a line break in an id is none in the commands' sh -c '[ $(wc -l <"$0") = 3 ] && ! grep -q "^reboot" "$0"' "$dir/out"
CASE_EDIT='.recommendations[0].id = "calm\u001b[31m"' make_case "$dir/x.json" "calm=vm.swappiness=$now=$other"
run apply "$dir/x.json" nothing --yes
check 'no escape sequence of the case reaches the terminal' sh -c '! grep -q "$(printf "\033")" "$0"' "$seen"

# What changed since
make_case "$dir/x.json" "calm=vm.swappiness=$((now + 1))=$((now + 2))"
refuses 'the case judged' apply "$dir/x.json" --yes
make_case "$dir/x.json" "calm=vm.swappiness=$((now + 1))=$now"
run apply "$dir/x.json" --yes
is 'what is set already is nothing to do' "$status: $(head -n 1 "$dir/out")" "0: vm.swappiness is $now already."
make_case "$dir/x.json" "calm=vm.swappiness=$now=$other" "again=vm.swappiness=$now=$((other + 2))"
run apply "$dir/x.json" --dry-run
check 'one setting is not changed by two' grep -q 'name the one that is meant' "$seen"
make_case "$dir/x.json" ''
run apply "$dir/x.json" --yes
is 'a case without changes is nothing to do' "$status: $(cat "$dir/out")" '0: There is nothing to change.'

run undo
is 'without an apply there is nothing to undo' "$status" 0
refuses "no change 'xyzzy' to undo" undo xyzzy
refuses 'one of them only' undo --force --forget
refuses "did you mean '--list'" undo --lst
mkdir -p "$dir/state/fragwizard"
printf 'fragwizard-changes/1\nsha256 0\n' >"$dir/state/fragwizard/changes"
refuses 'changed or damaged' undo
rm -r "$dir/state"

# Without the right to
if [ "$(id -u)" = 0 ]; then
    chmod 755 "$dir"
    chmod 644 "$case"
    cp "$FRAGWIZARD" "$dir/fragwizard"
    if quiet setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/fragwizard" --version; then
        timeout 10 setpriv --reuid=65534 --regid=65534 --clear-groups env XDG_STATE_HOME="$dir/other" \
            "$dir/fragwizard" apply "$case" --yes >"$dir/out" 2>"$seen" </dev/null
        is 'without root it is refused' "$?: $(cat "$seen")" '3: fragwizard: vm.swappiness: may not be written; only root may'
    else
        skip 'without root it is refused' 'no setpriv'
    fi
    rm -f "$dir/fragwizard"
else
    refuses 'only root may' apply "$case" --yes
fi
look >"$dir/after"
check 'nothing was changed by all this' cmp "$dir/before" "$dir/after"
finish
