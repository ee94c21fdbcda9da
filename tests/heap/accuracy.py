#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Idle heaps of every kind, read from outside, against the program's own books: within 0.1 % or 16 KiB of what is in use and
free, 64 KiB of what malloc_trim(0) gives back; one thread and eight, also static and 32-bit programs."""
import os
import shutil
import subprocess
import tempfile

import heaplib as h

KINDS = ('small', 'tiny', 'large', 'memalign', 'mapped', 'foreign', 'islands')


def matrix(name, program, size, kinds, shares):
    for kind in kinds:
        for threads in (1, 8):
            for share in shares:
                h.compare(f'{name}{kind}, {threads} thread{"s" if threads > 1 else ""}, {share} % freed', kind,
                          f'threads={threads}', f'mib={size}', f'free={share}', program=program)


def built(directory, name, *flags):
    program = os.path.join(directory, name)
    made = subprocess.run([os.environ.get('CC', 'cc'), '-std=gnu17', '-D_GNU_SOURCE', '-O2', '-w', '-pthread', *flags,
                           '-o', program, h.SOURCE], capture_output=True, check=False)
    return program if made.returncode == 0 else None


h.needs()
matrix('', (h.VICTIM,), 48, KINDS, (50,))
matrix('', (h.VICTIM,), 32, ('small', 'tiny'), (20, 80, 95))
h.compare('untouched calloc', 'calloc', 'mib=64')
h.compare('a blocked break', 'blocked', 'mib=48')
h.compare('nothing allocated', 'none')
with tempfile.TemporaryDirectory() as work:
    os.chmod(work, 0o755)
    for what, flags in (('static', ('-static',)), ('32-bit', ('-m32', '-Wno-psabi')), ('32-bit static', ('-m32', '-static'))):
        program = built(work, 'victim-' + what.replace(' ', '-'), *flags) if shutil.which(os.environ.get('CC', 'cc')) else None
        if not program:
            h.skip(f'{what} programs', 'cannot be built here')
            continue
        matrix(f'{what}, ', (program,), 16, ('small', 'tiny', 'memalign'), (60,))
        h.compare(f'{what}, a blocked break', 'blocked', 'mib=16', program=(program,))
h.finish()
