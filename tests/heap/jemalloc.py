#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""jemalloc's heaps, read from outside, against jemalloc's own figures (mallctl after an epoch): of idle programs in use and
active within 0.1 % or 4 KiB and trimmable equal to what a purge gives back to 64 KiB, of one that allocates as fast as it can
within 1 % (2 % with caches of threads) or unknown; redis-server by its INFO. A look changes neither resident size nor faults."""
import os
import shutil
import socket
import subprocess
import tempfile
import time

import heaplib as h

VICTIM = os.path.join(h.BUILD, 'tests', 'jemalloc_victim')
LIBRARY = 'libjemalloc.so.2'


def preloaded(conf=''):
    return ('env', f'LD_PRELOAD={LIBRARY}', f'MALLOC_CONF={conf}', VICTIM)


def active(seen):
    return seen['in_use'] + seen['pinned']


def idle(what, *arguments, program=None):
    try:
        victim = h.Victim(*arguments, program=program or preloaded())
    except (RuntimeError, OSError) as e:
        h.skip(what, str(e))
        return
    with victim:
        told, pid = victim.ask('info'), victim.ready['pid']
        victim.ask('self')
        before = victim.ask('self')
        seen = h.look(pid)
        after = victim.ask('self')
        purged = victim.ask('purge')
    good = seen['state'] == 'measured' and seen['allocator'] == 'jemalloc' and \
        h.within(seen['in_use'], told['allocated'], 0.001, 4096) and h.within(active(seen), told['active'], 0.001, 4096) and \
        h.within(seen['trimmable'], purged, 0.001, 65536)
    h.result(good, f"{what}: in use, active and trimmable ({seen.get('layout')})", f"{seen['state']} {seen.get('reason')}",
             f"{told}, purged {purged}", str(seen))
    # reading smaps takes a fault or two
    h.result(after['faults'] - before['faults'] < 8 and after['rss'] - before['rss'] < 65536,
             f'{what}: the look populates nothing', f'before {before}, after {after}')


def busy(what, conf, share):
    right, unknown, wrong, farthest = 0, 0, [], 0
    with h.Victim('busy', 'threads=4', 'mib=64', program=preloaded(conf)) as victim:
        time.sleep(2)  # until its heap has its size
        began, first = time.monotonic(), victim.ask('live')['operations']
        for _ in range(20):
            victim.ask('live')
            seen = h.look(victim.ready['pid'])
            live = victim.ask('live')
            if seen['state'] == 'unknown':
                unknown += 1
                continue
            off = max(live['low'] - seen['in_use'], seen['in_use'] - live['high'], 0) / live['high']
            farthest = max(farthest, off)
            right += off <= share
            if off > share:
                wrong.append(f"{seen['state']}: {seen['in_use']} in use, {live['low']} to {live['high']} were")
        rate = (live['operations'] - first) / (time.monotonic() - began) / 1e6
    h.result(not wrong, f'{what}: no look is wrong ({rate:.1f} million operations a second, {100 * farthest:.2f} % at most)', *wrong)
    h.result(right >= 4, f'{what}: some looks give a figure', f'{right} of 20, {unknown} unknown')


class Redis:
    """A server of its own on a socket; ends with the block."""

    def __init__(self, directory):
        self.path = os.path.join(directory, 'socket')
        self.process = subprocess.Popen(['redis-server', '--port', '0', '--unixsocket', self.path, '--save', '', '--dir',
                                         directory, '--appendonly', 'no'], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        for _ in range(100):
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect(self.path)
                break
            except OSError:
                time.sleep(0.1)

    def ask(self, *lines):
        """Inline commands; the last one's answer is text."""
        self.socket.sendall(''.join(line + '\r\n' for line in lines).encode() + b'PING end\r\n')
        answer = b''
        while not answer.endswith(b'end\r\n'):
            part = self.socket.recv(1 << 16)
            if not part:
                raise RuntimeError('redis-server ended')
            answer += part
        return answer.decode(errors='replace')

    def memory(self):
        lines = (line.partition(':') for line in self.ask('INFO memory').splitlines())
        return {key: int(value) for key, _, value in lines if key.startswith('allocator_') and value.strip().isdigit()}

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.process.terminate()
        self.process.wait()


def compare_redis(what, redis):
    time.sleep(0.5)  # it renews its figures ten times a second
    told, seen = redis.memory(), h.look(redis.pid)
    good = seen['state'] == 'measured' and h.within(seen['in_use'], told['allocator_allocated'], 0.01, 65536) and \
        h.within(active(seen), told['allocator_active'], 0.01, 65536)
    resident = told['allocator_resident'] - told['allocator_active'] - seen['trimmable'] if good else 0
    h.result(good, f'redis-server, {what}: INFO memory says the same', f"{seen['state']} {seen.get('reason')}", str(told), str(seen))
    # what is resident beside these is jemalloc's books
    h.result(good and -65536 <= resident <= 8 << 20, f'redis-server, {what}: what is resident', f'{resident} more', str(told), str(seen))


def redis():
    if not shutil.which('redis-server'):
        h.skip('redis-server', 'is not installed')
        return
    with tempfile.TemporaryDirectory() as work, Redis(work) as server:
        if not server.memory().get('allocator_allocated'):
            h.skip('redis-server', 'does not run, or has no jemalloc')
            return
        compare_redis('idle', server)
        for begin in range(0, 300000, 10000):
            server.ask(*(f'SET key{n} {"v" * (n * 7 % 500)}' for n in range(begin, begin + 10000)))
        compare_redis('loaded', server)
        for begin in range(0, 300000, 10000):
            server.ask(*(f'DEL key{n}' for n in range(begin, begin + 10000) if n * 2654435761 >> 7 & 3))
        compare_redis('three of four keys deleted', server)
        seen = h.look(server.pid)
        h.result(seen['state'] == 'measured' and seen['pinned'] > 0.25 * seen['in_use'], 'redis-server: what is stuck is seen', str(seen))


def main():
    h.needs()
    if not os.access(VICTIM, os.X_OK):
        h.skip_all('jemalloc_victim is not built')
    if subprocess.run(['true'], env=dict(os.environ, LD_PRELOAD=LIBRARY), capture_output=True, check=False).stderr:
        h.skip_all(f'no {LIBRARY}')
    for kind in ('small', 'tiny', 'large', 'aligned', 'fork'):
        for threads in (1, 8) if kind != 'fork' else (1,):
            for free in (0, 75):
                idle(f'{kind}, {threads} thread{"s" if threads > 1 else ""}, {free} % freed', kind, f'threads={threads}', 'mib=48',
                     f'free={free}')
    idle('16 threads', 'small', 'threads=16', 'mib=96', 'free=50')
    idle('nothing allocated', 'none')
    idle('no caches of threads, muzzy pages', 'small', 'threads=4', 'free=75', program=preloaded('tcache:false,muzzy_decay_ms:10000'))
    idle('per-CPU arenas, no retained memory', 'small', 'threads=4', 'free=75', program=preloaded('percpu_arena:percpu,retain:false'))
    idle('the break is used too', 'small', 'free=75', program=preloaded('dss:primary'))
    idle('profiled', 'small', 'free=75', program=preloaded('abort_conf:true,prof:true,prof_active:false'))
    busy('busy, no caches of threads', 'tcache:false', 0.01)
    busy('busy', '', 0.02)  # what is true is sampled by a thread that waits its turn too
    redis()
    h.finish()


if __name__ == '__main__':
    main()
