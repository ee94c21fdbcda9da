# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a test tree of a capture: python3 trim.py TREE HOSTNAME PID[=NAME] ...

Keeps the processes named (under another name where one is given), the largest slab caches and every third moment, and takes out
what tells of the machine it came from: host name, build of the kernel, accounts."""
import os
import re
import shutil
import sys

tree, hostname = sys.argv[1], sys.argv[2]
keep = dict((a.split('=') + [None])[:2] for a in sys.argv[3:])
CACHES, CACHES_LOOKED_UP = 60, 12


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def write(path, data):
    with open(path, 'wb') as f:
        f.write(data)


def edit(path, change):
    path = os.path.join(tree, path)
    if os.path.exists(path):
        write(path, change(read(path)))


def processes(proc):
    for pid in os.listdir(proc):
        if not pid.isdigit():
            continue
        directory = os.path.join(proc, pid)
        if pid not in keep:
            shutil.rmtree(directory)
            continue
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            data = re.sub(rb'/[^\s]*/(bin|lib|sbin)/', rb'/usr/\1/', read(path))
            if name == 'cgroup':
                data = b''.join(l + b'\n' for l in data.split(b'\n') if re.match(rb'\d+:(memory|name=systemd)?:', l)).replace(b'/process_api', b'/system.slice')
            if keep[pid] and name in ('stat', 'status', 'cmdline', 'maps', 'smaps'):
                old = re.search(rb'\((.*)\)', read(os.path.join(directory, 'stat'))) if name == 'stat' else None
                new = keep[pid].encode()
                data = {'stat': lambda d: re.sub(rb'\(.*\)', b'(' + new + b')', d), 'status': lambda d: re.sub(rb'^Name:\t.*', b'Name:\t' + new, d),
                        'cmdline': lambda d: b'/usr/lib/systemd/' + new + b'\0', 'maps': lambda d: rename_image(d, new), 'smaps': lambda d: rename_image(d, new)}[name](data)
            write(path, data)


def rename_image(maps, name):
    """The program's own file is the first that is mapped."""
    found = re.search(rb' (/\S+)\n', maps)
    return maps.replace(found.group(1), b'/usr/lib/systemd/' + name) if found else maps


def slabs(path, count):
    def size(line):
        w = line.split()
        return int(w[14]) * int(w[5])
    lines = read(path).split(b'\n')
    body = [l for l in lines[2:] if l]
    kept = set(sorted(body, key=size, reverse=True)[:count])
    write(path, b'\n'.join(lines[:2] + [l for l in body if l in kept]) + b'\n')
    return [l.split()[0].decode() for l in sorted(kept, key=size, reverse=True)]


moments = os.path.join(tree, 'moment')
if os.path.isdir(moments):
    numbers = sorted(int(n) for n in os.listdir(moments))
    chosen = sorted(set(numbers[::3] + numbers[-1:]))
    for n in numbers:
        if n not in chosen:
            shutil.rmtree(os.path.join(moments, str(n)))
    for i, n in enumerate(chosen):
        at = os.path.join(moments, str(i))
        if i != n:
            os.rename(os.path.join(moments, str(n)), at)
        if os.path.isdir(at + '/proc'):
            processes(at + '/proc')
        if os.path.exists(at + '/proc/slabinfo'):
            slabs(at + '/proc/slabinfo', CACHES_LOOKED_UP)

processes(os.path.join(tree, 'proc'))
known = []
if os.path.exists(os.path.join(tree, 'proc/slabinfo')):
    known = slabs(os.path.join(tree, 'proc/slabinfo'), CACHES)
below = os.path.join(tree, 'sys/kernel/slab')
for name in os.listdir(below) if os.path.isdir(below) else []:
    if name not in known[:CACHES_LOOKED_UP]:
        shutil.rmtree(os.path.join(below, name))

# Control groups: the memory controller's down to the slices, and of processes only those kept
for where, directories, files in os.walk(tree, topdown=False):
    inside = os.path.relpath(where, tree)
    at = inside.find('sys/fs/cgroup')
    if re.search('transparent_hugepage/hugepages-', inside):
        shutil.rmtree(where)
        continue
    if at < 0:
        continue
    if inside[at:].count('/') > 4 or (inside.startswith('moment') and 'unified' in inside):
        shutil.rmtree(where)
        continue
    if where.endswith('/process_api'):
        os.rename(where, where[:-len('process_api')] + 'system.slice')
        where = where[:-len('process_api')] + 'system.slice'
    rest = inside[at + len('sys/fs/cgroup'):].strip('/')
    if rest and not rest.startswith(('memory', 'unified')):
        shutil.rmtree(where)
        continue
    for name in files:
        path = os.path.join(where, name)
        if name == 'cgroup.procs':
            write(path, b''.join(p + b'\n' for p in read(path).split() if p.decode() in keep))
        elif name in ('pids.current', 'cgroup.controllers') and rest:
            os.unlink(path)

os.path.exists(os.path.join(tree, 'proc/sys/kernel/hostname')) and write(os.path.join(tree, 'proc/sys/kernel/hostname'), hostname.encode() + b'\n')
edit('fragwizard-capture', lambda d: re.sub(rb'(?m)^hostname .*', b'hostname ' + hostname.encode(), d))
release = lambda d: re.sub(rb'(\d+\.\d+\.\d+)-[^ \n]*', rb'\1', d)
edit('proc/sys/kernel/osrelease', release)
edit('proc/version', lambda d: re.sub(rb' \(.*\) #', b' (builder@example) (gcc 14) #', release(d)))
edit('etc/passwd', lambda d: b''.join(l + b'\n' for l in d.split(b'\n') if l.split(b':')[0] in (b'root', b'daemon', b'nobody', b'www-data')))
edit('proc/self/cgroup', lambda d: b''.join(l + b'\n' for l in d.split(b'\n') if re.match(rb'\d+:(memory|name=systemd)?:', l)).replace(b'/process_api', b'/system.slice'))


def denied(data):
    """Each line once; of the slab caches a few, as all are alike."""
    lines, slab = dict.fromkeys(l for l in data.split(b'\n') if l), 0
    for l in list(lines):
        process = re.match(rb'proc/(\d+)/', l)
        slab += b'/slab/' in l
        if process and process.group(1).decode() not in keep or b'/slab/' in l and slab > 8:
            del lines[l]
    return b''.join(l + b'\n' for l in lines)


edit('fragwizard-denied', denied)
for name in os.listdir(tree + '/proc/sys/vm') if os.path.isdir(tree + '/proc/sys/vm') else []:
    if name.startswith('page_lock') or name in ('stat_refresh', 'mmap_rnd_bits', 'mmap_rnd_compat_bits'):
        os.unlink(f'{tree}/proc/sys/vm/{name}')
for where, directories, files in os.walk(tree, topdown=False):
    os.chmod(where, 0o755)
    for name in files:
        os.chmod(os.path.join(where, name), 0o644)
    if not os.listdir(where):
        os.rmdir(where)
