#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each #include goes in a direction that the table in docs/architecture.md allows, and no circle of folders is closed. Where files
stand in an order (the walk of a heap, the verbs), no circle of modules is either: a module is a .c with its .h."""
import collections
import os
import re
import sys

SRC = os.environ.get("SRC") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ORDERED = ["probes/heap", "cmd"]
count = failed = 0


def tell(what, wrong):
    global count, failed
    count += 1
    failed += bool(wrong)
    print(f"{'not ok' if wrong else 'ok'} {count} - {what}")
    for line in wrong[:40]:
        print(f"# {line}")


def table():
    """folder -> folders that it may use"""
    allowed = {}
    with open(os.path.join(SRC, "docs/architecture.md"), encoding="utf-8") as page:
        rows = re.findall(r"^\| ([a-z/]+) \| (.*?) \|$", page.read(), re.M)
    for folder, uses in rows:
        if folder != "folder":
            allowed[folder] = [re.split(r"[ ;]", use.strip())[0] for use in uses.split(",")]
    return allowed


def includes():
    """file -> files of ours that it includes, both below src/"""
    found = {}
    for folder, _, names in os.walk(os.path.join(SRC, "src")):
        for name in names:
            if name.endswith((".c", ".h")):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    own = re.findall(r'^\s*#\s*include\s+"([^"]+)"', file.read(), re.M)
                found[os.path.relpath(path, os.path.join(SRC, "src"))] = own
    return found


def circles(edges):
    """Strongly connected components of more than one module (Tarjan, by a stack of one's own)."""
    index, low, on, stack, out, number = {}, {}, set(), [], [], 0
    for start in sorted(edges):
        if start in index:
            continue
        work = [(start, iter(sorted(edges[start])))]
        index[start] = low[start] = number
        number += 1
        stack.append(start)
        on.add(start)
        while work:
            node, rest = work[-1]
            step = next(rest, None)
            if step is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    part = []
                    while not part or part[-1] != node:
                        part.append(stack.pop())
                        on.discard(part[-1])
                    if len(part) > 1:
                        out.append(sorted(part))
            elif step not in index:
                index[step] = low[step] = number
                number += 1
                stack.append(step)
                on.add(step)
                work.append((step, iter(sorted(edges[step]))))
            elif step in on:
                low[node] = min(low[node], index[step])
    return out


allowed, found = table(), includes()
files = set(found)
folders = {os.path.dirname(f) for f in files} - {""}
tell("docs/architecture.md has a row for each folder", sorted(folders ^ set(allowed)))
tell("each include names a file below src/ by its whole path",
     [f"{f} includes {i}" for f, own in sorted(found.items()) for i in own if i not in files])
wrong = []
for file, own in sorted(found.items()):
    folder = os.path.dirname(file)
    if not folder:
        continue
    for include in own:
        to = os.path.dirname(include)
        if to != folder and not any(to == use or to.startswith(use + "/") or use == "all" for use in allowed.get(folder, [])):
            wrong.append(f"{file} includes {include}: {folder} may not use {to}")
tell("each include goes in a direction that docs/architecture.md allows", wrong)
between = collections.defaultdict(set)
modules = collections.defaultdict(set)
for file, own in found.items():
    for include in own:
        if os.path.dirname(file) in ORDERED and include in files and include[:-2] != file[:-2]:
            modules[file[:-2]].add(include[:-2])
            modules[include[:-2]]
        if os.path.dirname(include) != os.path.dirname(file):
            between[os.path.dirname(file)].add(os.path.dirname(include))
            between[os.path.dirname(include)]
tell("no circle of folders", [" <-> ".join(part) for part in circles(between)])
tell("no circle of modules in " + ", ".join(ORDERED), [" <-> ".join(part) for part in circles(modules)])
long = []
for file in sorted(files):
    with open(os.path.join(SRC, "src", file), encoding="utf-8") as text:
        lines = sum(1 for _ in text)
    if lines > 600:
        long.append(f"{file}: {lines} lines")
tell("no file of src has more than 600 lines", long)
print(f"1..{count}")
sys.exit(failed > 0)
