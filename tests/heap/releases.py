#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The heaps of other Debian releases' glibc (2.31, 2.36, 2.41 and what unstable has) and jemalloc: their libc6 and headers are fetched by apt
into a directory of their own, and the victim is built against and run with them. Needs the network: RELEASES="bullseye sid" or
RELEASES=all runs it."""
import glob
import os
import shutil
import subprocess
import tempfile

import heaplib as h
import jemalloc

MIRROR = os.environ.get('MIRROR', 'http://deb.debian.org/debian')
ALL = ('bullseye', 'bookworm', 'trixie', 'sid')
PACKAGES = ('libc6', 'libc6-dev', 'linux-libc-dev', 'libjemalloc2', 'libstdc++6', 'libgcc-s1')
KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg'


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **more)


def fetch(release, work):
    """An unpacked tree with that release's C library, or None with the reason."""
    for name in ('lists/partial', 'cache/archives/partial', 'etc/apt.conf.d', 'etc/preferences.d', 'tree', 'debs'):
        os.makedirs(os.path.join(work, name))
    trust = f'signed-by={KEYS}' if os.path.exists(KEYS) else ''
    with open(os.path.join(work, 'etc/sources.list'), 'w', encoding='ascii') as f:
        f.write(f'deb [{trust}] {MIRROR} {release} main\n')
    options = [part for setting in (f'Dir::State::Lists={work}/lists', f'Dir::Etc={work}/etc', f'Dir::Cache={work}/cache',
                                    'Dir::State::status=/dev/null', 'Acquire::Languages=none', 'APT::Sandbox::User=root')
               for part in ('-o', setting)]
    for command in (('update',), ('download', *PACKAGES)):
        done = run('apt-get', *options, *command, cwd=os.path.join(work, 'debs'))
        if done.returncode != 0:
            return None, (done.stderr.strip().splitlines() or ['apt-get failed'])[-1]
    tree = os.path.join(work, 'tree')
    for package in glob.glob(os.path.join(work, 'debs', '*.deb')):
        if run('dpkg', '-x', package, tree).returncode != 0:
            return None, f'{package} cannot be unpacked'
    for directory, names, files in os.walk(tree):  # absolute links would lead out of it
        for path in (os.path.join(directory, name) for name in names + files):
            if os.path.islink(path) and os.path.isabs(os.readlink(path)):
                to = tree + os.readlink(path)
                os.unlink(path)
                os.symlink(os.path.relpath(to, directory), path)
    for name in ('lib', 'lib64'):  # merged /usr
        if not os.path.exists(os.path.join(tree, name)):
            os.symlink(f'usr/{name}', os.path.join(tree, name))
    return tree, None


def build(tree, program, source=h.SOURCE):
    libraries = [f'{tree}/usr/lib/x86_64-linux-gnu', f'{tree}/lib/x86_64-linux-gnu']
    return run(os.environ.get('CC', 'cc'), '-std=gnu17', '-D_GNU_SOURCE', '-O2', '-w', '-pthread', f'--sysroot={tree}',
               f'-B{libraries[0]}', *(f'-L{path}' for path in libraries), '-Wl,--allow-shlib-undefined', '-o', program,
               source)


def loader(tree):
    for pattern in ('ld-linux-x86-64.so.2', 'ld-2.*.so'):
        for path in glob.glob(f'{tree}/lib/x86_64-linux-gnu/{pattern}') + glob.glob(f'{tree}/usr/lib/x86_64-linux-gnu/{pattern}'):
            if os.path.exists(path):
                return path
    return None


def check_jemalloc(release, tree, command):
    """jemalloc's own figures, idle: in use and active, and what a purge gives back."""
    library = glob.glob(f'{tree}/usr/lib/x86_64-linux-gnu/libjemalloc.so.2')
    made = build(tree, command[-1] + '-jemalloc', os.path.join(h.SRC, 'tests', 'heap', 'jemalloc_victim.c'))
    if not library or made.returncode != 0:
        h.result(False, f'{release}: jemalloc and its victim', *made.stderr.splitlines()[-5:])
        return
    program = (*command[:-1], '--preload', library[0], command[-1] + '-jemalloc')
    for kind in ('small', 'tiny', 'large', 'aligned', 'fork'):
        for threads in (1, 8) if kind != 'fork' else (1,):
            jemalloc.idle(f'{release}, jemalloc, {kind}, {threads} threads', kind, f'threads={threads}', 'mib=32', 'free=60',
                          program=program)


def check(release):
    with tempfile.TemporaryDirectory() as work:
        tree, why = fetch(release, work)
        if not tree:
            h.skip(release, why)
            return
        program = os.path.join(work, 'victim')
        made = build(tree, program)
        if made.returncode != 0:
            h.result(False, f'{release}: the victim is built', *made.stderr.splitlines()[-5:])
            return
        command = (loader(tree), '--library-path', f'{tree}/lib/x86_64-linux-gnu:{tree}/usr/lib/x86_64-linux-gnu', program)
        version = (glob.glob(os.path.join(work, 'debs', 'libc6_*')) or ['libc6_?_'])[0].rsplit('/', 1)[-1].split('_')[1]
        for kind in ('small', 'tiny', 'large', 'memalign', 'mapped', 'foreign'):
            for threads in (1, 8):
                h.compare(f'{release}, glibc {version}, {kind}, {threads} threads', kind, f'threads={threads}', 'mib=32',
                          'free=60', program=command)
        h.compare(f'{release}, glibc {version}, a blocked break', 'blocked', 'mib=32', program=command)
        check_jemalloc(release, tree, command)


wanted = os.environ.get('RELEASES', '').split()
if not wanted:
    h.skip_all('fetches C libraries from the network: RELEASES=all runs it')
h.needs()
if not shutil.which('apt-get') or os.uname().machine != 'x86_64':
    h.skip_all('needs apt-get and x86-64')
for name in ALL if wanted == ['all'] else wanted:
    check(name)
h.finish()
