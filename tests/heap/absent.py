#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Heaps of which a part is swapped out: nothing is swapped in or populated by a look, coverage is stated, and a figure that is
given is within 2 %. Pages are taken out one by one (every second, tenth…, of used or of free memory), and by a control group's
limit over half of the process."""
import fcntl
import os
import subprocess
import time

import heaplib as h

LOCK = '/run/fragwizard-live-test.lock'
SWAP = f'/var/tmp/fragwizard-swap.{os.getpid()}'
MIB = 1 << 20


def make_swap():
    descriptor = os.open(SWAP, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, 'wb') as f:
        for _ in range(512):
            f.write(bytes(MIB))
    return subprocess.run(['mkswap', '-q', SWAP], stderr=subprocess.DEVNULL, check=False).returncode == 0 and \
        subprocess.run(['swapon', SWAP], stderr=subprocess.DEVNULL, check=False).returncode == 0


def check(what, victim, told, moves=0):
    """`told`: of the victim, before its pages went; `moves`: what it may swap by itself."""
    before = victim.ask('self')
    seen = h.look(victim.pid)
    after = victim.ask('self')
    used = told['live'] + told['base']
    good = seen['state'] in ('measured', 'estimate', 'unknown') and 0 <= seen['coverage'] <= 1
    if seen['state'] == 'unknown':
        good = good and seen['in_use'] is None and seen['reason']
    else:
        good = good and h.within(seen['in_use'], used, 0.02, 65536)
        good = good and seen['coverage'] >= (0.99 if seen['state'] == 'measured' else 0.9)
    h.result(good, f"{what}: {seen['state']}, {100 * (seen.get('coverage') or 0):.1f} % walked",
             f"in use {used} seen {seen.get('in_use')}; {seen.get('reason')}")
    h.result(abs(after['swap'] - before['swap']) < 65536 and abs(after['rss'] - before['rss']) <= moves,
             f'{what}: nothing is swapped in', f'before {before}, after {after}')
    return seen


def scattered():
    states = set()
    for kind, free in (('small', 30), ('small', 70), ('islands', 40), ('tiny', 50), ('large', 30)):
        for every, which in ((200, 'all'), (40, 'all'), (10, 'all'), (2, 'all'), (20, 'used'), (10, 'free')):
            with h.Victim(kind, f'threads={1 if every % 20 else 4}', 'mib=40', f'free={free}') as victim:
                told = victim.ready
                victim.ask(f'pageout {every} {which}')
                states.add(check(f'{kind}, one page in {every} of {which} memory', victim, told)['state'])
    h.result({'estimate', 'unknown'} <= states, 'some are estimates, some unknown', str(states))


class Group:
    """A control group with a memory limit (the first or the second version)."""

    def __init__(self):
        self.path = None
        for base, limit in (('/sys/fs/cgroup/memory', 'memory.limit_in_bytes'), ('/sys/fs/cgroup', 'memory.max')):
            if not os.path.exists(os.path.join(base, 'cgroup.procs')):
                continue
            try:
                if limit == 'memory.max' and not os.path.exists(os.path.join(base, 'memory.max')):
                    with open(os.path.join(base, 'cgroup.subtree_control'), 'w', encoding='ascii') as f:
                        f.write('+memory')
                path = os.path.join(base, f'fragwizard-test-{os.getpid()}')
                os.mkdir(path)
            except OSError:
                continue
            if os.path.exists(os.path.join(path, limit)):
                self.path, self.limit = path, os.path.join(path, limit)
                return
            os.rmdir(path)

    def add(self, pid):
        with open(os.path.join(self.path, 'cgroup.procs'), 'w', encoding='ascii') as f:
            f.write(str(pid))

    def set(self, size):
        with open(self.limit, 'w', encoding='ascii') as f:
            f.write(str(size))

    def end(self):
        for _ in range(50):
            try:
                os.rmdir(self.path)
                return
            except OSError:
                time.sleep(0.1)


def limited():
    group = Group()
    if not group.path:
        h.skip('a control group at its limit', 'no control group with a memory limit can be made')
        return
    try:
        # it joins before it allocates, so that what it takes is charged to the group
        program = ('sh', '-c', f'echo $$ >{group.path}/cgroup.procs && exec "$0" "$@"', h.VICTIM)
        with h.Victim('small', 'mib=160', 'free=40', program=program) as victim:
            told = victim.ready
            for size in (140, 120, 100, 90):
                group.set(size * MIB)
            seen = check('a control group at its limit, half of it swapped', victim, told, moves=65535)
            h.result(victim.ask('self')['swap'] > 40 * MIB, 'it was half swapped out')
            h.result(seen['state'] != 'measured' and 0 < seen['coverage'] < 0.95, 'coverage is stated', str(seen))
            h.result(victim.process.poll() is None, 'the process lives')
    finally:
        group.end()


def trimmed():
    """Untouched and trimmed pages stay as they are."""
    with h.Victim('islands', 'mib=64', 'free=80') as victim:
        victim.ask('trim')
        check('a trimmed heap', victim, victim.ask('info'))
    with h.Victim('calloc', 'mib=64') as victim:
        check('an untouched heap', victim, victim.ask('info'))


h.needs()
with open(LOCK, 'w', encoding='ascii') as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        trimmed()
        if make_swap():
            scattered()
            limited()
        else:
            h.skip('memory that is swapped out', 'may not swap to a file')
    finally:
        subprocess.run(['swapoff', SWAP], stderr=subprocess.DEVNULL, check=False)
        if os.path.exists(SWAP):
            os.unlink(SWAP)
h.finish()
