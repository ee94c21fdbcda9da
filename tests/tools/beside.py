# SPDX-License-Identifier: GPL-3.0-or-later
"""Audits of programs that run side by side, each alone in namespaces of its own, and what is told of them: TAP and a table."""
import contextlib
import fcntl
import json
import os
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
build = os.environ.get("BUILD", os.path.join(here, "../../build"))
fragwizard = os.environ.get("FRAGWIZARD", os.path.join(build, "fragwizard"))


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def available_mib():
    with open("/proc/meminfo") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("MemAvailable")) >> 10


@contextlib.contextmanager
def machine_to_itself(mib_needed):
    """A folder to work in, while no other test that makes conditions runs here."""
    if os.geteuid() != 0:
        skip_all("needs root")
    if not os.access(fragwizard, os.X_OK):
        skip_all("fragwizard is not built")
    with open("/run/fragwizard-live-test.lock", "w") as lock, tempfile.TemporaryDirectory() as work:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if available_mib() < mib_needed:
            skip_all("too little memory")
        yield work


# A program is the only one that its audit sees: it is process 1 of a namespace.
ALONE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def pid_outside(unshare):
    with open(f"/proc/{unshare}/task/{unshare}/children") as f:
        return f.read().split()[0]


def audit(first, duration):
    """The case of one audit beside the process of that pid, which is process 1 of its namespace."""
    command = ["nsenter", "--pid", "--mount", "--target", first, "--"]
    command += [fragwizard, "--auto", "--duration", duration, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=float(duration) + 100)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr.strip()}") from None


def audit_nothing(duration):
    """What is the machine's: an audit of a program that does nothing."""
    with subprocess.Popen([*ALONE, "--", "sh", "-c", "echo ready; read line"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        program.stdout.readline()
        return audit(pid_outside(program.pid), duration)


def added(case, machine, own):
    """The case less what is the machine's, as the cases of it tell; own: pids."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.NamedTemporaryFile("w+", suffix=".json")) for _ in [case, *machine]]
        for file, content in zip(files, [case, *machine]):
            json.dump(content, file)
            file.flush()
        command = ["sh", here + "/added.sh", " ".join(map(str, own)), *(file.name for file in files)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ, FRAGWIZARD=fragwizard))
    return json.loads(done.stdout)


def explain(case):
    for finding in case["findings"]:
        yield f"{finding['severity']} {finding['id']}: {finding['say']}"
    for verdict in case["verdicts"]:
        yield f"{verdict['id']}: {verdict['state']}; for {verdict['for']}; against {verdict['against']}"


def tell_machine(machine):
    for sentence in dict.fromkeys(finding["say"] for case in machine for finding in case["findings"]):
        print(f"# this machine, with a program that does nothing: {sentence}")


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def result(self, good, what, details=()):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {what}", flush=True)
        for line in details:
            print("#  ", line[:1000], flush=True)


def confusion(heading, right, seen):
    """Lines of a table; right: the verdicts that may lead, by row; seen: how often each (row, verdict) led."""
    verdicts = list(dict.fromkeys([v for leads in right.values() for v in leads] + [lead for _, lead in seen]))
    verdicts = [v for v in verdicts if any(seen[row, v] for row in right)]
    yield f"| {heading} | " + " | ".join(verdicts) + " |"
    yield "|---|" + "---:|" * len(verdicts)
    for row, leads in right.items():
        cells = [str(seen[row, v]) if seen[row, v] else "" for v in verdicts]
        cells = [f"**{c}**" if v in leads and c else c for c, v in zip(cells, verdicts)]
        yield f"| {row} | " + " | ".join(cells) + " |"
