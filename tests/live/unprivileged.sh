#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# An ordinary user cannot see all: what could not be checked is said, and is never taken for fine.
. "$(dirname "$0")/lib.sh"
live_needs
need setpriv
# The program and the directories above it may not be theirs to enter
cp "$FRAGWIZARD" "$work/fragwizard"
chmod 755 "$work" "$work/fragwizard"
cat >"$work/as-nobody" <<END
#!/bin/sh
export HOME=/nonexistent XDG_STATE_HOME=/nonexistent/state XDG_CONFIG_HOME=/nonexistent/config
cd /
exec setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all -- "$work/fragwizard" "\$@"
END
chmod 755 "$work/as-nobody"
"$work/as-nobody" --version >/dev/null 2>"$work/stderr" || skip_all "nobody cannot run it: $(head -n 1 "$work/stderr")"
FRAGWIZARD=$work/as-nobody
duration=2 audit
if jq -e '[.findings[] | select(.severity != "info")] | length > 0' "$live_whole" >/dev/null; then
    skip 'exit status: could not check' "this machine has a warning of its own, which the status tells first"
else
    is 'exit status: could not check' "$status" 3
fi
holds 'the rules that could not be judged are listed' '[.check_list[] | select(.result == "unchecked")] | length > 0'
holds 'slabinfo is the reason of some' '[.check_list[] | select(.result == "unchecked") | .why | select(contains("slabinfo"))] | length > 0'
holds 'permission is named' '[.check_list[] | .why // "" | select(test("permission denied"))] | length > 0'
holds 'what needs no rights is checked all the same' '[.check_list[] | select(.result == "clear")] | length > 5'
holds 'the probes tell their status' '[.. | objects | .status? // empty | select(. == "denied" or . == "partial")] | length > 0'

timeout 60 "$FRAGWIZARD" --auto --duration 1 >"$work/text" 2>&1
seen=$work/text
check 'the text says it, and how to see more' grep -qiE 'root|sudo|permission' "$work/text"
finish
