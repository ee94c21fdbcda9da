#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPython's own allocator, read from outside, against sys._debugmallocstats() of the process itself: grown, mostly freed but
held, and freed; for each version of Python that is found."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

SRC = os.environ.get('SRC') or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get('FRAGWIZARD') or os.path.join(os.environ.get('BUILD', os.path.join(SRC, 'build')), 'fragwizard')
OBJECTS = 500000  # about 80 MB

VICTIM = r'''
import gc, sys
def stage(name):
    sys.stdout.write(name + "\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys._debugmallocstats()
    sys.stderr.write("end of " + name + "\n")
    sys.stderr.flush()
gc.disable()
keep = [(i, str(i)) for i in range(int(sys.argv[1]))]
stage("grown")
keep = keep[::7]
stage("sparse")
del keep[:]
stage("freed")
'''

count = 0
failed = 0


def result(good, what, *details):
    global count, failed
    count += 1
    failed += not good
    print(('ok' if good else 'not ok'), count, '-', what)
    if not good:
        for detail in details:
            print('#', detail)
    sys.stdout.flush()


def skip_all(why):
    print('1..0 # SKIP', why)
    sys.exit(0)


def look(pid):
    out = subprocess.run([PROGRAM, 'probe', 'heap', 'pid=%d' % pid, '--format', 'json'], stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    return [row for row in json.loads(out.stdout)['total'] if row['pid'] == pid][0]


def pythons():
    """The interpreters of the system, and those beside this one where several versions are kept."""
    found = {}
    beside = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(sys.executable))))
    for path in [sys.executable] + sorted(glob.glob('/usr/bin/python3*') + glob.glob('/usr/local/bin/python3*') +
                                          glob.glob(os.path.join(beside, '*', 'bin', 'python3'))):
        if re.search(r'/python3(\.\d+t?)?$', path) and os.access(path, os.X_OK):
            found.setdefault(os.path.realpath(path), path)
    return sorted(found)


def told(text, what):
    match = re.search('^# ' + what + r' *= *([0-9,]+)', text, re.M)
    return int(match.group(1).replace(',', '')) if match else 0


class Victim:
    def __init__(self, python, **environment):
        self.said = tempfile.TemporaryFile('w+')
        self.process = subprocess.Popen([python, '-S', '-E', '-c', VICTIM, str(OBJECTS)] if not environment else
                                        [python, '-S', '-c', VICTIM, str(OBJECTS)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said,
                                        universal_newlines=True, env=dict(os.environ, **environment))
        self.at = 0

    def stage(self):
        """What is seen, then what the process itself tells."""
        name = self.process.stdout.readline().strip()
        seen = look(self.process.pid)
        self.process.stdin.write('\n')
        self.process.stdin.flush()
        text, ended = '', False
        while 'end of ' + name not in text and not ended:
            time.sleep(0.01)
            ended = self.process.poll() is not None
            self.said.seek(self.at)
            text = self.said.read()
        self.at += len(text)
        return name, seen, text

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def check(python):
    version = subprocess.run([python, '-c', 'import sys, sysconfig; print(sys.version.split()[0], '
                              'sysconfig.get_config_var("Py_GIL_DISABLED") or 0)'],
                             stdout=subprocess.PIPE, universal_newlines=True).stdout.split()
    if len(version) != 2:
        return
    version, free_threaded = 'Python ' + version[0], version[1] != '0'
    victim = Victim(python)
    for _ in range(3):
        name, seen, text = victim.stage()
        if name == 'grown' and 'permission denied' in seen['reason']:
            victim.close()
            skip_all('may not read another process here: ' + seen['reason'])
        if free_threaded:
            result(seen['state'] == 'unknown' and seen['live'] is None,
                   '%s without its lock, %s: unknown, and no number' % (version, name), seen)
            continue
        # What the call itself allocates and frees is some hundred bytes.
        allocated = told(text, 'bytes in allocated blocks')
        result(seen['state'] == 'measured' and abs(seen['python_in_use'] - allocated) <= max(allocated * 1e-4, 512),
               '%s, %s: blocks in use within 0.01 %%' % (version, name), 'expected %d' % allocated, seen)
        arenas = told(text, 'arenas allocated current')
        result(seen['python_arenas'] == arenas, '%s, %s: number of arenas' % (version, name), 'expected %d' % arenas, seen)
        pools = re.search(r'^(?:# )?([0-9]+) unused pools \* ([0-9]+) bytes', text, re.M)
        pool = int(pools.group(2)) if pools else 0
        free = told(text, 'bytes in available blocks') + (int(pools.group(1)) * pool if pools else 0)
        # Pools that were never used count as unused there; they are not resident, and in the last arenas only.
        result(free - 3 * 64 * pool <= seen['python_free'] <= free * 1.0001 + 512,
               '%s, %s: free blocks and pools' % (version, name), 'expected %d' % free, seen)
        result(seen['live'] == seen['in_use'] + seen['mmapped'] + seen['python_in_use'],
               '%s, %s: live is the sum of its parts' % (version, name), seen)
        if name == 'sparse':
            result(seen['held'] > 0.95 * seen['python_free'] > 0.5 * seen['rss'],
                   '%s: freed but held' % version, seen)
    victim.close()


def check_without_pymalloc():
    victim = Victim(sys.executable, PYTHONMALLOC='malloc')
    _, seen, _ = victim.stage()
    victim.close()
    result(seen['python_in_use'] == 0 and seen['allocator'] == 'glibc' and seen['live'] > 0.8 * seen['rss'],
           'PYTHONMALLOC=malloc: all of it is malloc\'s', seen)


if not os.access(PROGRAM, os.X_OK):
    skip_all('fragwizard is not built')
if not hasattr(sys, '_debugmallocstats'):
    skip_all('this is no CPython')
for interpreter in pythons():
    check(interpreter)
check_without_pymalloc()
print('1..%d' % count)
sys.exit(failed > 0)
