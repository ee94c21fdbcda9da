#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reaches terminals of all kinds, byte by byte: no escape where none is wanted, no line wider than the screen."""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata

SRC = os.environ.get("SRC") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD") or os.path.join(SRC, "build")
PROGRAM = os.environ.get("FRAGWIZARD") or os.path.join(BUILD, "fragwizard")
SLOW = b"__asan_init" in open(PROGRAM, "rb").read()
PATIENCE = 60 if SLOW else 15

try:
    for end in os.openpty():
        os.close(end)
except OSError as e:
    print(f"1..0 # SKIP no terminal is to be had: {e.strerror}")
    sys.exit(0)

count = failed = 0
work = tempfile.mkdtemp()


def ok(what, fine, told=""):
    global count, failed
    count += 1
    failed += not fine
    print(f"{'ok' if fine else 'not ok'} {count} - {what}")
    if not fine and told:
        print("\n".join("# " + line for line in str(told).splitlines()[-40:]))
    sys.stdout.flush()
    return fine


def captured():
    root = os.path.join(SRC, "tests/roots/linux-6.18")
    if not os.path.exists(os.path.join(root, "proc/meminfo")):
        root = os.path.join(work, "root")
        subprocess.run([PROGRAM, "capture", root], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return root


class Session:
    def __init__(self, arguments, width=80, height=24, **environment):
        self.state = tempfile.mkdtemp(dir=work)
        variables = {"PATH": os.environ["PATH"], "TERM": "xterm", "LC_ALL": "C.UTF-8", "HOME": self.state,
                     "XDG_STATE_HOME": self.state, "XDG_CONFIG_HOME": self.state}
        variables.update({name: value for name, value in environment.items()})
        self.out, self.seen, self.status = b"", 0, None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(self.state)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            time.sleep(0.05)  # for the size
            os.execve(PROGRAM, [PROGRAM] + arguments, {n: v for n, v in variables.items() if v is not None})
        self.resize(width, height)

    def resize(self, width, height):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def read(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.out += data
        return bool(data)

    def until(self, regex):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = re.search(regex, self.out[self.seen:])
            if found:
                self.seen += found.end()
                time.sleep(0.01)  # a prompt is written a moment before the terminal is ready
                return True
            if not self.read(0.1):
                return bool(re.search(regex, self.out[self.seen:]))
        return False

    def type(self, data):
        data = data if isinstance(data, bytes) else data.encode()
        while data:
            data = data[os.write(self.fd, data[:512]):]
            self.read(0)

    def enter(self, data="", regex=rb"\] > $"):
        self.type(data)
        self.type("\r")
        return self.until(regex)

    def end(self):
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit and self.read(0.1):
            pass
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        self.status = os.waitstatus_to_exitcode(status)
        return self.status


def columns(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def too_wide(out, width):
    """Lines over the width, but for those that must stay whole to be copied (paths, commands) and one long word."""
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.decode("utf-8", "replace"))
    lines = [line.split("\r")[-1] for line in text.replace("\r\n", "\n").split("\n")]
    whole = re.compile(r"^(Report|Case|Answers|Bundle|Resume with|The same without questions|Report, whenever.*): |^   \S")
    return [line for line in lines if columns(line) > width and not whole.match(line) and " " in line.strip()]


def walk(session):
    """Enter from the greeting to the report; what stands in the way of a prompt is the failure."""
    fine = session.until(rb"begin\] > $")
    fine = fine and session.enter("help")
    for _ in range(40):
        if not fine or session.out.endswith(b"html] > "):
            break
        fine = session.enter()
    fine = fine and session.enter("", rb"without questions: ")
    return session.end() in (0, 1, 2, 3) and fine


def environments(root):
    for name, environment, ascii_only, plain in (
            ("NO_COLOR", {"NO_COLOR": "1"}, False, True),
            ("TERM=dumb", {"TERM": "dumb"}, False, True),
            ("no TERM", {"TERM": None}, False, True),
            ("LANG=C", {"LC_ALL": None, "LANG": "C", "CLICOLOR": "0"}, True, True),
            ("ACCESSIBLE=1", {"ACCESSIBLE": "1"}, False, True),
            ("TERM=xterm", {}, False, False)):
        s = Session(["--root", root], **environment)
        ok(f"{name}: the session is walked to its report", walk(s), s.out.decode("utf-8", "replace"))
        if plain:
            at = s.out.find(b"\x1b")
            ok(f"{name}: not one escape byte", at < 0, repr(s.out[max(0, at - 60):at + 60]))
        else:
            found = set(re.findall(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[^\[]", s.out))
            ok(f"{name}: only bold, and back", found <= {b"\x1b[1m", b"\x1b[0m"}, found)
        if ascii_only:
            others = [hex(b) for b in s.out if b > 126]
            ok(f"{name}: ASCII only", not others, others[:20])
        wide = too_wide(s.out, 80)
        ok(f"{name}: no line wider than the screen", not wide, "\n".join(wide))


def sizes(root):
    for width, height in ((80, 24), (200, 60), (40, 12), (132, 43)):
        s = Session(["--root", root], width, height, NO_COLOR="1")
        fine = walk(s)
        ok(f"{width}x{height}: walked to the report", fine, s.out.decode("utf-8", "replace"))
        wide = [line for line in too_wide(s.out, width) if width >= 80 or not line.endswith("] > ")]
        ok(f"{width}x{height}: no line wider than the screen", not wide, "\n".join(wide))
        prompts = re.findall(rb"\[Enter: [^\]\r\n]*(?=\r\n)", s.out)
        ok(f"{width}x{height}: no prompt is cut off", width < 80 or not prompts, prompts)
    s = Session(["--root", root], 80, 24)
    s.until(rb"begin\] > $")
    s.type("hel")
    for width in (60, 30, 200, 100):
        s.resize(width, 24)
        s.read(0.2)
    ok("a window that changes size while one types keeps what was typed", s.enter("p", rb"\ndefaults "), s.out[-400:])
    s.until(rb"begin\] > $")
    s.resize(50, 24)
    at = len(s.out)
    s.enter("", rb"1-5 .*> $")
    wide = too_wide(s.out[at:], 50)
    ok("and what is printed from then on fits its new width", not wide, "\n".join(wide))
    s.type("\x03")
    s.end()


def hostile(root):
    inputs = {
        "an empty note": b"note ",
        "a note of 20,000 characters": b"note " + b"long " * 4000,
        "a word of 3,000 characters": b"w" * 3000,
        "broken UTF-8": b"note \xff\xfe\x80 half \xc3",
        "an escape sequence": b"note \x16\x1b[2J and \x16\x07 bell",
        "bidirectional text": "note a\u202eb\u2066c".encode(),
        "a format": b"note %s%n%1000d",
        "markup": b"note <script>alert(1)</script> & 'quotes' \"too\"",
    }
    for environment in ({}, {"TERM": "dumb"}):
        s = Session(["--root", root, "--playbook", "quick", "-o", "r.html"], NO_COLOR="1", **environment)
        s.until(rb"begin\] > $")
        s.enter()
        for what, data in inputs.items():
            if environment and len(data) > 4000:
                continue  # the kernel's own line editing takes 4,095 bytes
            ok(f"{what} does no harm{' (TERM=dumb)' if environment else ''}", s.enter(data, rb"step 2, [^\r\n]*\] > $"),
               repr(s.out[-300:]))
        s.enter("defaults", rb"without questions: ")
        ok("and the session ends as ever", s.end() in (0, 1, 2, 3))
        case = [n for n in os.listdir(os.path.join(s.state, "fragwizard")) if re.fullmatch(r"fragwizard-.*Z\.json", n)][0]
        text = open(os.path.join(s.state, "fragwizard", case), encoding="utf-8").read()
        ok("the case holds no control character", not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text))
        html = open(os.path.join(s.state, "r.html"), encoding="utf-8").read()
        ok("the report holds the notes as text", "&lt;script&gt;" in html and "<script>" not in html)
        again = subprocess.run([PROGRAM, "report", os.path.join(s.state, "fragwizard", case)], capture_output=True)
        ok("and is rendered again", again.returncode in (0, 1, 2, 3) and again.stdout, again.stderr)


QUESTIONS = """format: fragwizard-playbook/1
name: questions
title: Every kind of question
summary: Asks.
window: 1s
steps:
  - id: all
    title: All
    why: To ask.
    probes: [memory]
    questions:
      - {id: sure, ask: "Sure?", type: yesno, default: false}
      - {id: size, ask: "How large?", type: number, unit: bytes, default: 64MiB}
      - {id: words, ask: "What happened?", type: text, default: ""}
      - {id: log, ask: "Which file?", type: file, default: ""}
    rules:
      - {id: never, when: memory.total < 0MiB, severity: info, say: "No.", why: None., source: none}
verdicts:
  - {id: healthy, title: Memory is healthy, headline: "Memory is healthy."}
"""


def kinds(root):
    path = os.path.join(work, "questions.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(QUESTIONS)
    s = Session(["--root", root, "--playbook", path, "-o", "r.txt"], NO_COLOR="1")
    if not ok("a playbook of one's own is walked", s.until(rb"begin\] > $"), s.out.decode("utf-8", "replace")):
        s.end()
        return
    ok("yes or no", s.enter("", rb"yes or no \[Enter: no\] > $"))
    ok("anything else is explained", s.enter("maybe", rb"Answer yes or no"))
    ok("a number has its unit", s.enter("Y", rb"bytes \[Enter: 64 MiB\] > $"), s.out[-300:])
    ok("another unit is refused", s.enter("5s", rb"That is seconds; bytes is asked"), s.out[-300:])
    ok("so is a word", s.enter("many", rb"such as 64MiB"), s.out[-300:])
    s.enter("back", rb"yes or no \[Enter: no\] > $")
    ok("back asks the question before", s.enter("no", rb"bytes \[Enter: 64 MiB\] > $"), s.out[-300:])
    ok("a size is understood", s.enter("2GiB", rb"What happened\?\r\n\[Enter: none\] > $"), s.out[-300:])
    ok("words of the session inside an answer stay an answer", s.enter("back to normal after a restart", rb"Which file"))
    ok("a file that is not there is refused", s.enter("/no/such/file", rb"cannot be read"))
    ok("the result is next", s.enter("", rb"the result\] > $"))
    s.type("\x03")
    ok("Ctrl-C names the playbook to go on with", s.until(rb"resume \S+ --playbook \S+ -o r.txt\r\n"), s.out[-300:])
    ok("and leaves with status 3", s.end() == 3, s.status)
    case = [n for n in os.listdir(os.path.join(s.state, "fragwizard")) if n.endswith("Z.json")][0]
    text = open(os.path.join(s.state, "fragwizard", case), encoding="utf-8").read()
    ok("the answers are kept", "back to normal after a restart" in text)


def main():
    if not shutil.which(PROGRAM):
        print("1..0 # SKIP fragwizard is not built")
        return
    try:
        root = captured()
        environments(root)
        sizes(root)
        hostile(root)
        kinds(root)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"1..{count}")
    sys.exit(failed > 0)


main()
