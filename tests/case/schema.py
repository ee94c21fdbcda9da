#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases that fragwizard writes are what schema/case.json says, carry a checksum that others can verify, and the schema
notices what is wrong."""
import copy
import glob
import json
import os
import subprocess
import sys
import tempfile
import zlib

SRC = os.environ.get("SRC", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("BUILD", os.path.join(SRC, "build"))
FRAGWIZARD = os.environ.get("FRAGWIZARD", os.path.join(BUILD, "fragwizard"))

try:
    import jsonschema
except ImportError:
    print("ok 1 - cases fit the schema # SKIP no python3-jsonschema")
    print("1..1")
    sys.exit(0)

count = failed = 0


def tell(good, what, detail=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {what}")
    for line in str(detail).splitlines()[:12] if not good else []:
        print("# " + line)


def skip(what, why):
    global count
    count += 1
    print(f"ok {count} - {what} # SKIP {why}")


with open(os.path.join(SRC, "schema", "case.json"), encoding="utf-8") as f:
    schema = json.load(f)
try:
    jsonschema.Draft7Validator.check_schema(schema)
    tell(True, "schema/case.json is a draft-07 schema")
except jsonschema.SchemaError as error:
    tell(False, "schema/case.json is a draft-07 schema", error)
validator = jsonschema.Draft7Validator(schema)


def errors(case):
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(case)]


def judge(name, text):
    """Parsed case, after it was held against the schema and its checksum recomputed."""
    try:
        case = json.loads(text)
    except ValueError as error:
        tell(False, f"{name}: is JSON", error)
        return None
    found = errors(case)
    tell(not found, f"{name}: fits the schema", "\n".join(found))
    body = text[: text.rindex(',\n  "checksum"')] if ',\n  "checksum"' in text else ""
    checksum = f"crc32:{zlib.crc32(body.encode()):08x}"
    tell(case.get("checksum") == checksum, f"{name}: the checksum holds", case.get("checksum"))
    for probe, facts in case.get("facts", {}).items():
        for u in facts["unknown"]:
            rows = facts[u["table"]] if u["rows"] == "all" else [facts[u["table"]][r] for r in u["rows"]]
            if not all(row[u["column"]] is None for row in rows):
                tell(False, f"{name}: reasons stand only with null", (probe, u))
    return case


sample = None
program = os.path.join(BUILD, "tests", "test_case")
with tempfile.TemporaryDirectory() as directory:
    if os.path.exists(program):
        subprocess.run([program], env=dict(os.environ, FRAGWIZARD_TEST_CASES=directory), stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=120, check=False)
        paths = sorted(glob.glob(directory + "/*.json"))
        tell(len(paths) >= 2, "the unit test left cases", paths)
        for path in paths:
            with open(path, encoding="utf-8") as f:
                case = judge(os.path.basename(path), f.read())
            if case and case["findings"]:
                sample = case
    else:
        skip("cases of the unit test fit the schema", "test_case is not built")

    if os.path.exists(FRAGWIZARD):
        run = subprocess.run([FRAGWIZARD, "--auto", "--duration", "1", "--format", "json"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=120, check=False,
                             env=dict(os.environ, XDG_STATE_HOME=directory + "/state"))
        tell(run.returncode in (0, 1, 2, 3) and run.stdout, "--auto --format json writes a case",
             f"exit status {run.returncode}\n{run.stderr.decode(errors='replace')}")
        if run.stdout:
            case = judge("--auto --format json", run.stdout.decode())
            if case:
                names = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
                tell(names.get(case["status"]) == run.returncode, "the status is the exit status",
                     (case["status"], run.returncode))
                counts = case["checks"]
                tell(counts["total"] == sum(v for k, v in counts.items() if k != "total") == len(case["check_list"]),
                     "every check is counted once", counts)
    else:
        skip("--auto --format json fits the schema", "fragwizard is not built")

if sample:
    def broken(what, change):
        case = copy.deepcopy(sample)
        change(case)
        tell(bool(errors(case)), f"the schema notices {what}")

    broken("a missing member", lambda c: c.pop("verdicts"))
    broken("another format", lambda c: c.update(format="fragwizard-case/2"))
    broken("an unknown severity", lambda c: c["findings"][0].update(severity="bad"))
    broken("evidence without type", lambda c: c["findings"][0]["evidence"][0].pop("type"))
    broken("a table that is no list of rows", lambda c: next(iter(c["facts"].values())).update(x=[1]))
    broken("a host that is text", lambda c: c.update(host="db1"))

print(f"1..{count}")
sys.exit(failed > 0)
