#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look at a heap costs: its time by size and kind of heap, and what a busy target notices of looks one after the other
(its operations a second, its longest stall). Run by hand; BENCH_MIB (1024) is the size."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'heap'))
import heaplib as h  # noqa: E402

SIZE = int(os.environ.get('BENCH_MIB', '1024'))


def timed(*arguments):
    with h.Victim(*arguments) as victim:
        seen = [h.look(victim.pid) for _ in range(3)]
        best = min((s.get('read_time') or 0) for s in seen)
        print(f"{' '.join(arguments):44} {best:8.3f} s  {seen[0]['state']}")


def stall(threads, looks):
    with h.Victim('busy', f'threads={threads}', 'mib=32') as victim:
        time.sleep(3)
        process = None
        first = victim.ask('rate')
        until = time.monotonic() + 5
        done = 0
        while time.monotonic() < until:
            if looks:
                process = subprocess.run([h.PROGRAM, 'probe', 'heap', f'pid={victim.pid}', '--format', 'json'],
                                         stdout=subprocess.DEVNULL, check=False)
                done += process.returncode == 0
                time.sleep(0.2)
            else:
                time.sleep(0.1)
        last = victim.ask('rate')
    rate = (last['operations'] - first['operations']) / (last['ns'] - first['ns']) * 1e9
    print(f"{threads} threads, {done:3} looks in 5 s: {rate / 1e6:7.2f} million operations a second, "
          f"longest stall {last['slowest_ns'] / 1e6:.2f} ms")


h.needs()
for kind, free in (('small', 0), ('small', 50), ('tiny', 50), ('large', 50)):
    timed(kind, f'mib={SIZE}', f'free={free}')
timed('small', 'threads=8', f'mib={SIZE}', 'free=50')
for count in (1, 4):
    for _ in range(2):
        stall(count, False)
        stall(count, True)
