#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command that the shipped playbooks recommend is a shell's, with any value in the place of what is measured."""
import glob
import os
import re
import subprocess
import sys

SRC = os.environ.get("SRC", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

try:
    import yaml
except ImportError as missing:
    print("1..0 # SKIP no python3 module %s" % missing.name)
    sys.exit(0)


def filled(text):
    """A value for each expression; parts in {[ ]} stay."""
    text = text.replace("{{", "\0").replace("}}", "\1").replace("{[", "").replace("]}", "")
    return re.sub(r"\{[^{}]*\}", "1", text).replace("\0", "{").replace("\1", "}")


def wrong(command):
    run = subprocess.run(["sh", "-n"], input=command, capture_output=True, text=True, check=False)
    return run.stderr if run.returncode else ""


count = failed = 0
for name in sorted(glob.glob(os.path.join(SRC, "playbooks", "*.yaml"))):
    with open(name, encoding="utf-8") as file:
        playbook = yaml.safe_load(file)
    complaints = []
    for advice in playbook.get("recommendations", []):
        for key in ("apply", "keep"):
            said = wrong(filled(advice.get(key, "")))
            if said:
                complaints.append("%s: %s: %s" % (advice["id"], key, said.strip()))
    count += 1
    failed += bool(complaints)
    print("%s %d - %s: each command can be read by a shell" % ("not ok" if complaints else "ok", count, os.path.basename(name)))
    for line in complaints:
        print("# " + line)
count += 1
caught = bool(wrong(filled("echo '{name}")))
failed += not caught
print("%s %d - an open quote is told" % ("ok" if caught else "not ok", count))
print("1..%d" % count)
sys.exit(bool(failed))
