# SPDX-License-Identifier: GPL-3.0-or-later
# What the session tests share: a terminal (tmux, its own server) in which a shell runs, and the looking at it.
# shellcheck shell=sh
. "$(dirname "$0")/../tools/tap.sh"

need tmux jq
need_terminal
[ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'
work=$(mktemp -d) || exit 1
seen=$work/seen
mark=0
patience=15
! sanitized || patience=60
terminals=0
tmux_here() { # each terminal has its own server: one that is leaving would take a new one along
    tmux -u -L "fw$$-$terminals" -f /dev/null "$@"
}
hang_up() { # and wait for the session to have left
    [ $terminals -gt 0 ] || return 0
    hang_up_pid=$(tmux_here display-message -p '#{pid}' 2>/dev/null) || return 0
    tmux_here kill-server 2>/dev/null
    hang_up_tries=100
    while kill -0 "$hang_up_pid" 2>/dev/null && [ $hang_up_tries -gt 0 ]; do
        sleep 0.02
        hang_up_tries=$((hang_up_tries - 1))
    done
}
session_end() {
    trap - EXIT INT TERM
    hang_up
    rm -rf "$work"
}
trap session_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$work/state" "$work/home" "$work/dir"
export TMUX_TMPDIR="$work"
state=$work/state/fragwizard
unset NO_COLOR CLICOLOR CLICOLOR_FORCE ACCESSIBLE COLUMNS LINES SUDO_COMMAND TMUX

# A captured tree has no window to wait for and gives the same answers each time
captured() {
    root=$SRC/tests/roots/linux-6.18
    [ -e "$root/proc/meminfo" ] && return
    root=$work/root
    "$FRAGWIZARD" capture "$root" >"$work/capture" 2>&1 || skip_all "no captured tree: $(tail -n 1 "$work/capture")"
}

# terminal WIDTH HEIGHT [VARIABLE=VALUE…]: a fresh one with a shell in it
terminal() {
    terminal_width=$1 terminal_height=$2
    shift 2
    hang_up
    terminals=$((terminals + 1))
    tmux_here start-server \; set-option -g history-limit 50000 \; new-session -d -x "$terminal_width" \
        -y "$terminal_height" -c "$work/dir" env -i PATH="$PATH" TERM=screen LC_ALL=C.UTF-8 HOME="$work/home" \
        XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/home" PS1='$ ' "$@" sh -i
    mark=0
    await '^\$ *$'
}

# All that is on the screen and above it; lines that the terminal broke are whole again
screen() {
    tmux_here capture-pane -p -J -S - | awk '{ sub(/ +$/, "") }
        /^$/ { empty++; next }
        { while (empty) { print ""; empty-- } print }'
}
# What came since the last `type`
since() {
    screen | tail -n +$((mark + 1))
}
await() { # REGEX [SECONDS]: until a line that came since the last `type` matches
    await_tries=$((${2:-$patience} * 20))
    while [ $await_tries -gt 0 ]; do
        since >"$seen"
        grep -q -- "$1" "$seen" && return
        await_tries=$((await_tries - 1))
        sleep 0.05
    done
    return 1
}
prompt='\] >'
asks() { # [REGEX]: until a prompt (whose line matches) is the last line
    asks_tries=$((patience * 20))
    while [ $asks_tries -gt 0 ]; do
        since >"$seen"
        tail -n 1 "$seen" | grep -q -- "${1:-}.*$prompt\$" && return
        asks_tries=$((asks_tries - 1))
        sleep 0.05
    done
    not_ok "a prompt is shown${1:+: $1}" "$seen"
    return 1
}
type() { # TEXT, then Enter
    screen >"$work/screen"
    mark=$(wc -l <"$work/screen")
    [ -z "$1" ] || tmux_here send-keys -l -- "$1"
    tmux_here send-keys Enter
}
press() { # a key as tmux names it
    screen >"$work/screen"
    mark=$(wc -l <"$work/screen")
    tmux_here send-keys "$1"
}
says() { # WHAT REGEX
    check "$1" await "$2"
}
lacks() { # WHAT REGEX
    if grep -q -- "$2" "$seen"; then
        not_ok "$1" "$seen"
    else
        ok "$1"
    fi
}
now() {
    date +%s%3N
}
the_case() {
    ls "$state"/fragwizard-*.json 2>/dev/null | grep -v '\.answers\.json$' | tail -n 1
}
field() { # JQ-FILTER of the saved case
    jq -r "$1" "$(the_case)"
}
forget() { # what earlier sessions left
    hang_up
    sleep 0.2
    rm -rf "$state" "$work"/dir/*
}
