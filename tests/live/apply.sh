#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# apply then undo leaves every setting and file as it was, byte for byte: whatever was there, whatever fails, and wherever
# either of them is killed.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/tools/changes.sh"
live_needs
[ -x "$BUILD/tests/seal" ] || skip_all 'seal is not built'
[ -d /etc/sysctl.d ] || skip_all 'no /etc/sysctl.d'
quiet ls /etc/sysctl.d/60-fragwizard-* /etc/tmpfiles.d/60-fragwizard-* && skip_all 'changes of fragwizard are in force here'
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
journal=$work/state/fragwizard/changes
undo 'rm -f /etc/sysctl.d/60-fragwizard-* /etc/sysctl.d/.60-fragwizard-* /etc/tmpfiles.d/60-fragwizard-* /etc/tmpfiles.d/.60-fragwizard-*'
for path in $(the_settings); do
    undo "echo '$(sed 's/.*\[\(.*\)\].*/\1/' "$path")' >$path"
done
setting zone_reclaim_mode 1 # 0 is all that it is ever set to

run() {
    status=0
    timeout 60 "$FRAGWIZARD" "$@" >"$work/out" 2>"$work/stderr" </dev/null || status=$?
    cat "$work/out" "$work/stderr" >"$work/said"
}
seen=$work/said
as_before() { # WHAT FILE
    look >"$work/now"
    check "$1" cmp "$2" "$work/now"
}
differing() { # NAME VALUE OTHER: the recommendation, to another value than it has
    differing_now=$(value_of "$1")
    if [ "$differing_now" = "$2" ]; then echo "c-${1##*[./]}=$1=$differing_now=$3"; else echo "c-${1##*[./]}=$1=$differing_now=$2"; fi
}
all() {
    min=$(cat /proc/sys/vm/min_free_kbytes)
    differing vm.min_free_kbytes $((min + 64)) $((min + 128))
    [ ! -e /proc/sys/vm/watermark_scale_factor ] || differing vm.watermark_scale_factor 11 12
    [ ! -e /proc/sys/vm/compaction_proactiveness ] || differing vm.compaction_proactiveness 21 22
    [ ! -e /proc/sys/vm/extfrag_threshold ] || differing vm.extfrag_threshold 501 502
    differing vm.swappiness 61 62
    differing vm.vfs_cache_pressure 101 102
    differing vm.max_map_count 131060 131062
    [ ! -e /proc/sys/vm/zone_reclaim_mode ] || differing vm.zone_reclaim_mode 0 0
    [ ! -e /sys/kernel/mm/transparent_hugepage/defrag ] || [ ! -d /etc/tmpfiles.d ] ||
        differing transparent_hugepage/defrag madvise never
}
in_force() { # CASE: every proposed value is there
    jq -r '.recommendations[] | "\(.sysctl) \(.proposed)"' "$1" >"$work/wanted"
    while read -r name value; do
        [ "$(value_of "$name")" = "$value" ] || return 1
    done <"$work/wanted"
}

# Every setting there is, with and without the files that keep them
case=$work/all.json
look >"$work/before"
make_case "$case" $(all)
run apply "$case" --yes
is 'every setting is applied' "$status" 0
check 'each has its value' in_force "$case"
check 'no file was written' sh -c '! ls /etc/sysctl.d/60-fragwizard-* 2>/dev/null'
is 'the journal is for its owner only' "$(stat -c %a "$journal")" 600
run undo
is 'they are undone' "$status" 0
as_before 'and all is as before' "$work/before"

# A file that was there before, of any content, owner, mode and time
odd=/etc/sysctl.d/60-fragwizard-vm.swappiness.conf
printf '# mine\0\377 %%41\r\nvm.swappiness=7' >$odd
chown 12:34 $odd
chmod 4640 $odd
touch -d '2001-02-03 04:05:06.789' $odd
look >"$work/before"
run apply "$case" --dry-run --keep
as_before 'a dry run changes nothing' "$work/before"
if command -v sysctl >/dev/null 2>&1; then
    cp "$work/out" "$work/commands"
    check 'its commands run' sh -c 'sh -e "$0" >/dev/null' "$work/commands"
    check 'and do it' in_force "$case"
    sed -n 's/^# undo: //p' "$work/commands" >"$work/back"
    check 'so do those of the undo' sh -c 'sh -e "$0" >/dev/null' "$work/back"
    as_before 'and all is as before' "$work/before"
fi
run apply "$case" --yes --keep
is 'with the files that keep them' "$status" 0
check 'each has its value again' in_force "$case"
kept=0
for name in $(jq -r '.recommendations[] | select(.sysctl | startswith("vm.")) | .sysctl' "$case"); do
    grep -qx "$name = $(value_of "$name")" /etc/sysctl.d/60-fragwizard-"$name".conf && kept=$((kept + 1))
done
is 'each has its file' $kept "$(jq '[.recommendations[] | select(.sysctl | startswith("vm."))] | length' "$case")"
if command -v sysctl >/dev/null 2>&1; then
    check 'sysctl understands them' sh -c 'cat /etc/sysctl.d/60-fragwizard-vm.* | sysctl -p - >/dev/null'
fi
run apply "$case" --yes --keep
is 'applied once more there is nothing to do' "$status" 0
run undo --list
check 'the list tells what there is' grep -q 'vm.swappiness .* -> ' "$work/out"
while [ -e "$journal" ] && run undo && [ "$status" = 0 ]; do :; done
as_before 'undone, all is as before, byte for byte' "$work/before"

# What an audit recommends
rm $odd
setting extfrag_threshold 1000
setting compaction_proactiveness 0
setting vfs_cache_pressure 0
look >"$work/before"
duration=1 audit
cp "$live_case" "$work/real.json"
real=$(jq -r '[.recommendations[] | select(.kind == "sysctl")] | length' "$work/real.json")
check "an audit recommends changes ($real)" [ "$real" -ge 3 ]
seen=$work/said
run apply "$work/real.json" --yes --keep
is 'they are applied' "$status" 0
look >"$work/now"
check 'and change something' sh -c '! cmp -s "$0" "$1"' "$work/before" "$work/now"
run undo
as_before 'and undone' "$work/before"

# One upon the other
make_case "$work/first.json" "calm=vm.swappiness=$(value_of vm.swappiness)=71"
run apply "$work/first.json" --yes
make_case "$work/second.json" "calm=vm.swappiness=71=72"
run apply "$work/second.json" --yes --keep
run undo
is 'the last one is undone first' "$(value_of vm.swappiness)" 71
run apply "$work/second.json" --yes --keep
run undo calm
is 'by its id, too' "$(value_of vm.swappiness)" 71
run apply "$work/second.json" --yes
run undo --all
is 'then all of them' "$status" 0
as_before 'and nothing is left' "$work/before"

# Somebody else changed it since
run apply "$work/first.json" --yes --keep
echo 33 >/proc/sys/vm/swappiness
run undo
is 'a value that somebody changed since is left alone' "$status $(value_of vm.swappiness)" '3 33'
check 'and said' grep -q 'somebody has made it 33' "$work/stderr"
echo 71 >/proc/sys/vm/swappiness
echo '# edited' >>$odd
run undo
is 'so is a file' "$status $(value_of vm.swappiness)" '3 71'
run undo --force
is 'unless it is forced' "$status" 0
as_before 'then all is as before' "$work/before"
run apply "$work/first.json" --yes
run undo --forget
is 'what is forgotten stays' "$status $(value_of vm.swappiness)" '0 71'
check 'and is in no journal' [ ! -e "$work/state/fragwizard" ]
run apply "$work/second.json" --yes
run undo
run undo
is 'nothing more is undone' "$(value_of vm.swappiness)" 71
sed -n 's/^\/proc\/sys\/vm\/swappiness: //p' "$work/before" >/proc/sys/vm/swappiness

# After a reboot the journal's boot is another
reboot() {
    sed '$d; s/^apply \([0-9]*\) [^ ]*/apply \1 00000000-1111/' "$journal" >"$work/journal"
    echo "sha256 $(sha256sum <"$work/journal" | cut -d ' ' -f 1)" >>"$work/journal"
    cat "$work/journal" >"$journal"
}
run apply "$work/first.json" --yes --keep
reboot
run undo
is 'after a reboot: a value that our file has set' "$status" 0
as_before 'is put back, and the file goes' "$work/before"
run apply "$work/first.json" --yes
reboot
echo 44 >/proc/sys/vm/swappiness
run undo
is 'one that the boot has set stays' "$status $(value_of vm.swappiness)" '0 44'
check 'and the journal is empty' [ ! -e "$journal" ]
sed -n 's/^\/proc\/sys\/vm\/swappiness: //p' "$work/before" >/proc/sys/vm/swappiness

# Links are not followed
echo precious >"$work/precious"
ln -s "$work/precious" $odd
run apply "$work/first.json" --yes --keep
is 'a link in the place of the file is refused' "$status $(value_of vm.swappiness) $(cat "$work/precious")" \
    "3 $(sed -n 's/^\/proc\/sys\/vm\/swappiness: //p' "$work/before") precious"
rm $odd
as_before 'and nothing was changed' "$work/before"

# Two at once
if command -v flock >/dev/null 2>&1; then
    mkdir -p "$work/state/fragwizard"
    flock "$work/state/fragwizard" timeout 60 "$FRAGWIZARD" apply "$work/first.json" --yes >"$work/out" 2>"$work/stderr" </dev/null
    is 'while another is at work nothing is done' $? 3
    check 'and that is said' grep -q 'another apply or undo' "$work/stderr"
    chmod 700 "$work/state/fragwizard"
    run undo
fi
as_before 'and nothing was left' "$work/before"

# Killed before any call that changes something, and each of them failing
command -v strace >/dev/null 2>&1 && strace -o /dev/null true 2>/dev/null || { skip 'killed anywhere' 'strace cannot trace here'; finish; }
! sanitized || { skip 'killed anywhere' 'too slow sanitized'; finish; }
strace -f -y -e 'trace=%network,%process,openat,openat2,open,creat' -o "$work/trace" "$FRAGWIZARD" apply "$work/first.json" --yes \
    --keep >"$work/said" 2>&1 </dev/null
is 'apply executes nothing' "$(grep -cE 'execve(at)?\(' "$work/trace")" 1
seen=$work/bad
grep -E 'socket|connect\(|fork\(' "$work/trace" >"$work/bad"
grep -E 'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC' "$work/trace" |
    grep -vE '"/proc/sys/vm/swappiness"|"\.60-fragwizard-vm\.swappiness\.conf\.[a-z0-9]{6}"|"\.changes\.[a-z0-9]{6}"|/dev/tty' >>"$work/bad"
check 'and writes the setting, its file and the journal only' test ! -s "$work/bad"
seen=$work/said
run undo
as_before 'and undone' "$work/before"
printf 'vm.swappiness=7' >$odd
chmod 600 $odd
touch -d '2001-02-03 04:05:06.789' $odd
look >"$work/before"
set -- "calm=vm.swappiness=$(value_of vm.swappiness)=71" "frag=vm.extfrag_threshold=$(value_of vm.extfrag_threshold)=500"
make_case "$work/two.json" "$@"
calls='mkdir openat write fsync fchmod fchown utimensat renameat unlinkat rmdir flock close'
complaints=
points=0
complain() {
    complaints="$complaints
$1: $(tr '\n' '|' <"$work/said" | cut -c1-300)"
}
traced() { # INJECTION WORDS…
    injection=$1
    shift
    status=0
    strace -f -o /dev/null -e inject="$injection" "$FRAGWIZARD" "$@" >"$work/said" 2>&1 </dev/null || status=$?
}
settle() { # WHAT: what was begun is undone, and all is as before
    run undo
    [ "$status" = 0 ] || complain "$1: undo ends with $status"
    look >"$work/now"
    cmp -s "$work/before" "$work/now" || complain "$1: $(diff "$work/before" "$work/now" | grep '^[<>]' | head -n 4 | tr '\n' '|')"
}
sweep() { # `try` for each number of each call, until the command comes to its end
    for call in $calls; do
        n=1
        while [ $n -lt 200 ]; do
            try "$call" $n || break
            points=$((points + 1))
            n=$((n + 1))
        done
    done
}
verdict() { # WHAT
    if [ -z "$complaints" ] && [ $points -gt 10 ]; then
        ok "$1 ($points points)"
    else
        not_ok "$1 ($points points)"
        printf '%s\n' "$complaints" | sed 's/^/# /' | head -n 20
    fi
    complaints='' points=0
}

try() {
    traced "$1:signal=KILL:when=$2" apply "$work/two.json" --yes --keep
    [ $status = 137 ] || { settle "apply to its end"; return 1; }
    settle "apply killed at $1 $2"
}
sweep
verdict 'apply killed anywhere, then undo'

try() {
    run apply "$work/two.json" --yes --keep
    traced "$1:signal=KILL:when=$2" undo
    [ $status = 137 ] || { settle "undo to its end"; return 1; }
    settle "undo killed at $1 $2"
}
sweep
verdict 'undo killed anywhere, then undo'

# A half-done one is noticed
run apply "$work/two.json" --yes
sed '$d; s/ done / planned /' "$journal" >"$work/journal"
echo "sha256 $(sha256sum <"$work/journal" | cut -d ' ' -f 1)" >>"$work/journal"
cat "$work/journal" >"$journal"
make_case "$work/third.json" "cache=vm.vfs_cache_pressure=$(value_of vm.vfs_cache_pressure)=103"
run apply "$work/third.json" --yes
is 'an apply that was cut off is noticed by the next' "$status" 3
check 'and told how to take it back' grep -q 'cut off half way; `fragwizard undo`' "$work/stderr"
settle 'cut off'
points=11
verdict 'and it is'

for pair in openat:EMFILE write:EIO write:ENOSPC fsync:EIO renameat:EROFS fchmod:EPERM utimensat:EPERM unlinkat:EACCES \
    mkdir:ENOSPC flock:ENOLCK rmdir:EBUSY; do
    call=${pair%:*} error=${pair#*:}
    for n in 1 2 3 4 5 6 7 8 10 12 15; do
        for when in $n $n+; do
            traced "$call:error=$error:when=$when" apply "$work/two.json" --yes --keep
            [ $status = 0 ] || [ $status = 3 ] || [ $status = 127 ] || complain "apply, $call=$error $when: status $status"
            points=$((points + 1))
            settle "apply, $call=$error $when"
        done
    done
done
verdict 'apply with each call failing, then undo'
for pair in openat:EMFILE write:EIO fsync:EIO renameat:EROFS fchmod:EPERM utimensat:EPERM unlinkat:EACCES rmdir:EBUSY; do
    call=${pair%:*} error=${pair#*:}
    for n in 1 2 3 4 5 6 8 11; do
        for when in $n $n+; do
            run apply "$work/two.json" --yes --keep
            traced "$call:error=$error:when=$when" undo
            [ $status = 0 ] || [ $status = 3 ] || [ $status = 127 ] || complain "undo, $call=$error $when: status $status"
            points=$((points + 1))
            settle "undo, $call=$error $when"
        done
    done
done
verdict 'undo with each call failing, then undo'
finish
