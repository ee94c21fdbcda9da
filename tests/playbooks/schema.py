#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Editors' view of playbooks: schema/playbook.json accepts what `fragwizard check` accepts, refuses the mistakes that a
schema can see, and knows the probes there are."""
import glob
import json
import os
import subprocess
import sys

SRC = os.environ.get("SRC", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("BUILD", os.path.join(SRC, "build"))
FRAGWIZARD = os.environ.get("FRAGWIZARD", os.path.join(BUILD, "fragwizard"))

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print("1..0 # SKIP no python3 module %s" % missing.name)
    sys.exit(0)

# What needs the probes, the units or the whole playbook to be seen
BEYOND = """alias anchor control-character default-no-choice default-unit directive duplicate-key duplicate-question
duplicate-recommendation duplicate-rule duplicate-step duplicate-verdict evidence-many-rows evidence-no-row
extends-after extends-change extends-itself extends-leave extends-unknown experiment-again experiment-measure experiment-measure-itself experiment-no-window experiment-question experiment-type experiment-window
expression-syntax figures kind-type message never-measured never-measured-expression never-measured-verdict never-recommended next-loop next-never
not-a-condition owners-table sysctl-unmeasured tag unit-clash unknown-answer unknown-column unknown-column-shown unknown-evidence
unknown-choice unknown-experiment unknown-limit unknown-recommendation unknown-rule unknown-sort unknown-step unknown-table unknown-value
unknown-value-said unknown-value-shown unreachable-step values-disjoint window-range
""".split()

count = failed = 0


def tell(good, what, detail=""):
    global count, failed
    count += 1
    failed += not good
    print("%s %d - %s" % ("ok" if good else "not ok", count, what))
    if not good and detail:
        print("# " + str(detail).replace("\n", "\n# ")[:1000])


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


with open(os.path.join(SRC, "schema", "playbook.json"), encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)


def closed(part):
    """Every mapping with named members refuses others."""
    if isinstance(part, list):
        return all(closed(p) for p in part)
    if not isinstance(part, dict):
        return True
    open_object = part.get("type") == "object" and "properties" in part and part.get("additionalProperties") is not False
    return not open_object and all(closed(p) for p in part.values())


tell(closed(schema), "the schema leaves no mapping open to unknown keys")

good = sorted(glob.glob(os.path.join(SRC, "playbooks", "*.yaml")) + glob.glob(os.path.join(SRC, "tests/playbooks/ok/*.yaml")))
tell(good, "there are playbooks")
for path in good:
    errors = [e.message for e in validator.iter_errors(load(path))]
    tell(not errors, "an editor accepts %s" % os.path.relpath(path, SRC), "\n".join(errors))
    with open(path, encoding="utf-8") as file:
        first = file.readline()
    where = os.path.join(os.path.dirname(path), first.rpartition("$schema=")[2].strip())
    tell("$schema=" in first and os.path.samefile(where, os.path.join(SRC, "schema", "playbook.json")),
         "%s leads editors to the schema" % os.path.relpath(path, SRC), first)

for path in sorted(glob.glob(os.path.join(SRC, "tests/playbooks/broken/*.yaml"))):
    name = os.path.basename(path)[:-5]
    if name in BEYOND:
        continue
    try:
        refused = not validator.is_valid(load(path))
    except (yaml.YAMLError, UnicodeDecodeError):
        refused = True
    tell(refused, "an editor refuses %s" % name)

listed = subprocess.run([FRAGWIZARD, "list", "probes"], capture_output=True, text=True, check=False).stdout
probes = [line.split()[0] for line in listed.splitlines()[1:] if line.strip()]
tell(probes == schema["definitions"]["probe"]["enum"], "the schema knows the probes there are", probes)
print("1..%d" % count)
sys.exit(failed != 0)
