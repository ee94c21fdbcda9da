#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every system call is watched: nothing is executed, no socket opened, nothing written but the output named, no process
# signalled or traced; the kernel is told to compact memory only where that was allowed.
. "$(dirname "$0")/../tools/tap.sh"
need strace
[ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
strace -o "$work/probe" true 2>/dev/null || skip_all 'may not trace'
if sanitized; then
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
    export ASAN_OPTIONS
fi
state=$work/state
XDG_STATE_HOME=$state
XDG_CONFIG_HOME=$work/config
export XDG_STATE_HOME XDG_CONFIG_HOME
mkdir "$work/out"

# watch WHAT COMMAND…: fails on calls that none of the reading verbs has any business with
watch() {
    what=$1
    shift
    strace -f -y -s 200 -e 'trace=%network,%process,%signal,openat,openat2,open,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,mknod,mknodat,symlink,symlinkat,link,linkat,chmod,fchmod,fchmodat,chown,fchown,fchownat,truncate,ftruncate,mount,umount2,ptrace,process_vm_readv,process_vm_writev,setxattr,swapon,swapoff,init_module,bpf,perf_event_open,io_uring_setup,userfaultfd' \
        -o "$work/trace" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
    status=$?
    seen=$work/stderr
    check "$what: runs" test $status -le 3
    grep -cE 'execve(at)?\(' "$work/trace" >"$work/count"
    is "$what: executes nothing" "$(cat "$work/count")" 1
    seen=$work/bad
    grep -E '(socket|socketpair|connect|bind|listen|accept4?|sendto|sendmsg|recvfrom|recvmsg)\(' "$work/trace" >"$work/bad"
    check "$what: opens no socket" test ! -s "$work/bad"
    grep -E ' (fork|vfork|ptrace|process_vm_writev|mount|umount2|swapon|swapoff|bpf|perf_event_open|userfaultfd|init_module|symlink(at)?|link(at)?|mknod(at)?|chown|fchown(at)?)\(' "$work/trace" >"$work/bad"
    grep -E ' (kill|tkill|tgkill|pidfd_send_signal)\(' "$work/trace" >>"$work/bad"
    grep -E ' clone3?\(' "$work/trace" | grep -v CLONE_THREAD >>"$work/bad"
    check "$what: starts, signals and traces no process, mounts and links nothing" test ! -s "$work/bad"
    # Opened for writing, made, renamed, removed: only below the output, the state, or a device that swallows
    grep -E 'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC| (creat|unlink(at)?|rename(at2?)?|mkdir(at)?|f?chmod(at)?|f?truncate)\(' "$work/trace" |
        grep -vE "$work/(out|state)|/dev/(null|tty)|$work/std(out|err)| = -1 ${may_write:+|$may_write}" >"$work/bad"
    check "$what: writes nowhere but to its output" test ! -s "$work/bad"
}

watch 'audit to the terminal' "$FRAGWIZARD" --auto --duration 1
watch 'audit to a file' "$FRAGWIZARD" --auto --duration 1 -o "$work/out/report.html"
check 'audit to a file: it is there' test -s "$work/out/report.html"
is 'audit to a file: for its owner only' "$(stat -c %a "$work/out/report.html")" 600
watch 'audit to a case' "$FRAGWIZARD" --auto --duration 1 -o "$work/out/case.json"
watch 'report of a case' "$FRAGWIZARD" report "$work/out/case.json" -o "$work/out/again.html"
watch 'a captured tree' "$FRAGWIZARD" --root "$SRC/tests/roots/linux-6.18" --auto -o "$work/out/tree.txt"
grep -E 'open(at|at2)?\(' "$work/trace" | grep -E '"/(proc|sys)/' | grep -vE '"/proc/self/|"/proc/sys/vm/overcommit_memory|"/sys/devices/system/cpu' >"$work/bad"
seen=$work/bad
check 'a captured tree: nothing of this machine is read' test ! -s "$work/bad"
watch 'changes that are shown only' "$FRAGWIZARD" apply "$work/out/case.json" --dry-run
watch 'what there is to undo' "$FRAGWIZARD" undo --list
watch 'a probe' "$FRAGWIZARD" probe buddy

# What would be tried out is tried out only if --allow names it, and an answers file is no yes
tests=$SRC/tests/playbooks/ok/experiments.yaml
compact='"proc/sys/vm/compact_memory"'
echo '{"format": "fragwizard-answers/1", "answers": {}}' >"$work/answers.json"
watch 'tests, not allowed' "$FRAGWIZARD" --auto --playbook "$tests" --duration 0 --answers "$work/answers.json" -o "$work/out/no.json"
check 'tests, not allowed: none is made' grep -q 'not run without a yes; --allow compaction lets the audit do it' "$work/out/no.json"
watch 'another test allowed' "$FRAGWIZARD" --auto --playbook "$tests" --duration 1 --allow watching -o "$work/out/watch.json"
if [ "$(id -u)" = 0 ] && [ -w /proc/sys/vm/compact_memory ]; then
    exec 9>/run/fragwizard-live-test.lock # who makes conditions on this machine would see them change
    if flock -w 300 9; then
        may_write=$compact
        watch 'a test allowed' "$FRAGWIZARD" --auto --playbook "$tests" --duration 0 --allow compaction -o "$work/out/yes.json"
        may_write=
        is 'a test allowed: one write, to vm.compact_memory' "$(grep -cE "$compact, O_WRONLY" "$work/trace")" 1
        check 'a test allowed: it is in the case' grep -q '"state": "done"' "$work/out/yes.json"
    fi
    exec 9>&-
fi
watch 'a capture' "$FRAGWIZARD" capture "$work/out/tree"
finish
