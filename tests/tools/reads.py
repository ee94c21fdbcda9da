# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe declares to read (its text from `explain`), against what strace saw it open.

declared SAYS TRACE: each file opened below /proc and /sys matches a pattern.
captured SAYS TRACE TREE: what was not found in TREE, a capture, is not there on the machine, or is declared as never captured.
same SAYS BEFORE AFTER TREE PID: each cell that was known before and after is known in the capture; in the rows of the process
PID, which sleeps, and of what does not move each that was the same before and after is the same."""
import json
import os
import re
import sys

text = " ".join(open(sys.argv[2]).read().split())
parts = re.split(r"(Reads, but a capture does not hold it:|Reads at each tick:|Reads:|Try:)", text)
lists = {parts[i]: parts[i + 1].split() for i in range(1, len(parts) - 1, 2)}
live = lists.get("Reads, but a capture does not hold it:", [])
kept = lists.get("Reads:", []) + lists.get("Reads at each tick:", [])
# the C library's own, to know how many processors there are
library = {"sys/devices/system/cpu/online", "proc/sys/vm/overcommit_memory"}


def matcher(patterns):
    rules = []
    for p in patterns:
        rule = "".join(
            "(?:.*/)?" if t == "**/" else "[^/]*" if t == "*" else r"(?:\d+|self)" if t in ("PID", "LEADING", "SUSPECT", "NAMED")
            else "[^" + t[2:] if t.startswith("[!") else re.escape(t)
            for t in re.split(r"(\*\*/|\*|\[[^]]*\]|(?<=proc/)(?:PID|LEADING|SUSPECT|NAMED)(?=/))", p) if t)
        rules.append(re.compile(rule))
    return lambda path: any(r.fullmatch(path) for r in rules)


def opens(trace):
    """(path, error or None) of each file; directories are left out. Calls that threads interleave are put together."""
    begun, own = {}, None
    for line in open(trace, errors="replace"):
        pid, _, call = line.strip().partition(" ")
        own = own or pid
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            begun[pid] = call[: -len("<unfinished ...>")]
            continue
        if call.startswith("<..."):
            call = begun.pop(pid, "") + call.partition("resumed>")[2]
        m = re.match(r'open(?:at2?)?\((?:(?:AT_FDCWD|\d+)<(.*?)>, )?"([^"]*)", (.*)\)\s+= (-?\d+)(?:<[^>]*>)?(?: (E\w+))?', call)
        if not m or "O_DIRECTORY" in m[3] or m[2].endswith("/"):
            continue
        yield os.path.normpath(os.path.join(m[1] or "/", m[2])).replace(f"/proc/{own}/", "/proc/self/"), m[5]


def readable(path):
    try:
        with open(path, "rb") as f:
            f.read(1)
    except OSError:
        return False
    return True


def rows(table):
    """By the first cell, where that tells rows apart; else one row only."""
    if len(table) == 1:
        return {"": table[0]}
    key = next(iter(table[0]), None) if table else None
    found = {}
    for row in table:
        found.setdefault(json.dumps(row.get(key)), []).append(row)
    return {k: v[0] for k, v in found.items() if len(v) == 1}


bad = []
if sys.argv[1] == "declared":
    declared = matcher(kept + live)
    count = 0
    for path, _ in opens(sys.argv[3]):
        if re.match("/(proc|sys)/", path):
            count += 1
            if path[1:] not in library and not declared(path[1:]):
                bad.append(path)
    if not count:
        bad.append("nothing was seen to be opened")
elif sys.argv[1] == "captured":
    tree, never = sys.argv[4], matcher(live)
    for path, error in opens(sys.argv[3]):
        if error != "ENOENT" or not path.startswith(tree + "/"):
            continue
        name = path[len(tree) + 1:]
        if re.match("moment/|fragwizard-|sos_commands/", name) or never(name):
            continue
        if os.path.isfile("/" + name) and readable("/" + name):
            bad.append(name)
else:
    before, after, tree = (json.load(open(p)) for p in sys.argv[3:6])
    pid, compared = sys.argv[6], 0
    for t in before:
        # what is kept, and what moves with the window
        if not kept or not isinstance(before[t], list) or t in ("unknown", "top") or "sample" in t:
            continue
        a, b, c = (rows(x.get(t) or []) for x in (before, after, tree))
        for k in a.keys() & b.keys() & c.keys():
            still = k == pid or (k == "" and t in ("host", "process"))
            if "pid" in a[k] and k != pid:  # another process may be on its way out when it is captured
                continue
            for column, value in a[k].items():
                if column in ("read_time", "slowest_read", "samples", "window"):  # of the look, not of the machine
                    continue
                other, held = b[k].get(column), c[k].get(column)
                compared += 1
                if value is not None and other is not None and held is None:
                    bad.append(f"{t} {k} {column}: {value!r} on the machine, unknown in the capture")
                elif still and other == value != held and "pss" not in column:  # whoever shares pages comes and goes
                    bad.append(f"{t} {k} {column}: {value!r} on the machine, {held!r} in the capture")
    if kept and not compared:
        bad.append("no row is there three times")
print("\n".join(sorted(set(bad))))
sys.exit(1 if bad else 0)
