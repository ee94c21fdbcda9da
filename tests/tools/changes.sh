# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests of apply and undo share: cases made up, and a look at all that apply could change.
# shellcheck shell=sh

# the_settings: their files, one a line
the_settings() {
    for changes_name in min_free_kbytes watermark_scale_factor compaction_proactiveness extfrag_threshold swappiness \
        vfs_cache_pressure max_map_count zone_reclaim_mode; do
        [ ! -e /proc/sys/vm/$changes_name ] || echo /proc/sys/vm/$changes_name
    done
    [ ! -e /sys/kernel/mm/transparent_hugepage/defrag ] || echo /sys/kernel/mm/transparent_hugepage/defrag
}

value_of() { # SETTING as recommendations name it
    case $1 in
    vm.*) cat "/proc/sys/vm/${1#vm.}" ;;
    *) sed 's/.*\[\(.*\)\].*/\1/' "/sys/kernel/mm/$1" ;;
    esac
}

# make_case FILE ID=SETTING=CURRENT=PROPOSED… : of this host, with these recommendations; CASE_EDIT is a jq filter over it
make_case() {
    changes_file=$1
    shift
    printf '%s\n' "$@" | jq -R 'select(. != "") | split("=") | {id: .[0], kind: "sysctl", title: "Title of \(.[0])", sysctl: .[1],
        current: .[2], proposed: .[3], apply: "never run", risk: "a risk", why: "a reason"}' |
        jq -s --arg host "$(cat /proc/sys/kernel/hostname)" --arg now "$(date -u +%Y-%m-%dT%H:%M:%SZ)" '{
            format: "fragwizard-case/1", version: "test", host: {name: $host}, playbook: "made-up", root: "/", started: $now,
            status: "warning", recommendations: .}'" | ${CASE_EDIT:-.}" | "$BUILD/tests/seal" >"$changes_file"
}

# look: every setting, and every file of the directories that apply writes to, byte for byte with owner, mode and time
look() {
    the_settings | while read -r changes_path; do
        echo "$changes_path: $(cat "$changes_path")"
    done
    for changes_path in /etc/sysctl.d /etc/tmpfiles.d; do
        [ -d $changes_path ] || continue
        find $changes_path -mindepth 1 -printf '%p %y %m %U %G %T@ %s\n' | sort
        find $changes_path -type f -exec sha256sum {} + | sort
    done
    find "$XDG_STATE_HOME" -mindepth 1 -printf '%p %y %m\n' 2>/dev/null | sort
}
