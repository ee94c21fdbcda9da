# SPDX-License-Identifier: GPL-3.0-or-later
"""What the heap's tests share: a victim that knows its own heap, a look at it from outside, and results in TAP."""
import json
import os
import subprocess
import sys

SRC = os.environ.get('SRC') or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('BUILD') or os.path.join(SRC, 'build')
PROGRAM = os.environ.get('FRAGWIZARD') or os.path.join(BUILD, 'fragwizard')
VICTIM = os.path.join(BUILD, 'tests', 'victim')
SOURCE = os.path.join(SRC, 'tests', 'heap', 'victim.c')

count = failed = 0


def result(good, what, *more):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {what}", flush=True)
    for line in () if good else more:
        print(f'# {line}', flush=True)


def skip(what, why):
    global count
    count += 1
    print(f'ok {count} - {what} # SKIP {why}', flush=True)


def skip_all(why):
    print(f'1..0 # SKIP {why}')
    sys.exit(0)


def finish():
    print(f'1..{count}')
    sys.exit(1 if failed else 0)


def needs():
    if not os.access(PROGRAM, os.X_OK) or not os.access(VICTIM, os.X_OK):
        skip_all('fragwizard or the victim is not built')
    if os.geteuid() != 0:
        skip_all('needs root')


class Victim:
    """Ends with the block. `says` is what it printed last, beside a word."""

    def __init__(self, *arguments, program=(VICTIM,)):
        self.process = subprocess.Popen([*program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)
        self.pid = self.process.pid
        self.ready = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        word, _, rest = line.partition(' ')
        if not rest or word == 'error:':
            raise RuntimeError(line.strip() or 'the victim ended')
        return json.loads(rest)

    def ask(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()
        return self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.process.stdin.close()
        self.process.wait()


def look(pid):
    """The row of table `total`."""
    seen = subprocess.run([PROGRAM, 'probe', 'heap', f'pid={pid}', '--format', 'json'], capture_output=True, text=True,
                          check=False)
    try:
        return json.loads(seen.stdout)['total'][0]
    except (ValueError, LookupError):
        return {'state': 'none', 'reason': (seen.stderr or seen.stdout)[:300]}


def within(got, expected, share, least):
    return got is not None and abs(got - expected) <= max(share * expected, least)


def compare(what, *arguments, program=(VICTIM,)):
    """An idle victim of that kind: in use, free and mapped, and what malloc_trim(0) then gives back."""
    try:
        victim = Victim(*arguments, program=program)
    except (RuntimeError, OSError) as e:
        skip(what, str(e))
        return
    with victim:
        told = victim.ask('info')
        seen = look(victim.pid)
        again = victim.ask('self')
        trimmed = victim.ask('trim')
    used = told['live'] + told['base']
    free = told['arena'] - used
    figures = f"{what}: in use {used} seen {seen.get('in_use')}, free {free} seen {seen.get('free')}, " \
              f"trimmed {trimmed} seen {seen.get('trimmable')}, mapped {told['hblkhd']} seen {seen.get('mmapped')}"
    good = seen['state'] == 'measured' and within(seen['in_use'], used, 0.001, 16384) and \
        within(seen['free'], free, 0.001, 16384) and within(seen['trimmable'], trimmed, 0.001, 65536) and \
        seen['mmapped'] == told['hblkhd']
    result(good, f'{what}: in use, free and trimmable', f"{seen['state']} {seen.get('reason')}", figures)
    if again['rss'] != told['rss'] or again['swap'] != told['swap']:
        result(False, f'{what}: the look populates nothing', f"{told['rss']} bytes resident before, {again['rss']} after")
