# SPDX-License-Identifier: GPL-3.0-or-later
"""Damages one to three files of a captured tree and audits it: no crash, no hang, and no number that cannot be.

audit.py TREES WORK [SEED]: FUZZ_RUNS runs from FUZZ_SEED; with SEED that one run only, whose tree stays in WORK/kept. FRAGWIZARD
names the program. Each run has a seed of its own, so that what fails can be made again."""
import concurrent.futures
import json
import os
import random
import re
import shutil
import subprocess
import sys

PROGRAM = os.environ['FRAGWIZARD']
RUNS = int(os.environ.get('FUZZ_RUNS', 200))
SEED = int(os.environ.get('FUZZ_SEED', 20240229))
TIMEOUT = 20
NUMBERS = [b'0', b'-1', b'1', b'18446744073709551615', b'18446744073709551616', b'9223372036854775807', b'9223372036854775808',
           b'4294967295', b'4294967296', b'99999999999999999999999999', b'1e309', b'nan', b'0x10', b'1.5', b'', b'+7', b'00000000001']
TEXTS = [b'\x1b[31m', b'\xff\xfe', b'\x00', '\u202e'.encode(), b'<script>alert(1)</script>', b'%s%n', b'"', b'\r', b'\t', b'::::', b'../..',
         b'{memory.total}', 'é'.encode()]
# Where nothing else tells what a file tells: without it the probe cannot be well
ONLY_SOURCE = {'proc/meminfo': ['memory'], 'proc/buddyinfo': ['buddy'], 'proc/vmstat': ['vmstat'], 'proc/slabinfo': ['slab'],
               'proc/pagetypeinfo': ['pagetypes'], 'proc/pressure/memory': ['pressure']}


def number(r, data):
    found = list(re.finditer(rb'\d+', data))
    for m in sorted(r.sample(found, min(len(found), r.choice([1, 1, 3, 40]))), key=lambda m: -m.start()):
        data = data[:m.start()] + r.choice(NUMBERS) + data[m.end():]
    return data


def lines(r, data):
    parts = data.splitlines(True) or [b'']
    at = r.randrange(len(parts))
    how = r.randrange(6)
    if how == 0:
        del parts[at]
    elif how == 1:
        parts[at:at] = [parts[at]] * r.choice([1, 3, 5000])
    elif how == 2:
        r.shuffle(parts)
    elif how == 3:
        parts[at] = parts[at].replace(b'\n', b'') + parts[at - 1]
    elif how == 4:
        parts[at] = parts[at] * r.choice([2, 2000])
    else:
        parts = [p.replace(b'\n', b'\r\n') for p in parts]
    return b''.join(parts)


def flip(r, data):
    out = bytearray(data or b'x')
    for _ in range(r.choice([1, 2, 10, 200])):
        out[r.randrange(len(out))] = r.randrange(256)
    return bytes(out)


def insert(r, data):
    at = r.randrange(len(data) + 1)
    return data[:at] + r.choice(TEXTS) * r.choice([1, 1, 30]) + data[at:]


WHOLE = {  # nothing of the file is left
    'empty': lambda r, d: b'',
    'gone': lambda r, d: None,
    'noise': lambda r, d: r.randbytes(r.choice([1, 100, 5000, 70000])),
    'one long line': lambda r, d: bytes([r.choice(b'9 xA\xff')]) * r.choice([4096, 65536, 1 << 20]),
}
PARTLY = {
    'cut': lambda r, d: d[:r.randrange(len(d) + 1)],
    'twice': lambda r, d: d * 2,
    'lines': lines,
    'number': number,
    'number ': number,
    'flip': flip,
    'insert': insert,
}
WAYS = {**WHOLE, **PARTLY}


def files_of(tree):
    out = []
    for where, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(where, name)
            if not os.path.islink(path):
                out.append(os.path.relpath(path, tree))
    return sorted(out)


def choose(r, files):
    """The large tables more often than one of many small files."""
    main = [f for f in files if re.search(r'(^|/)proc/[a-z]+$|proc/pressure|sos_commands|fragwizard|time$', f)]
    return r.choice(main if r.random() < 0.6 and main else files)


def damage(r, tree, files):
    """Returns {path: what was there} and {path: how}."""
    before, how = {}, {}
    for _ in range(r.choice([1, 1, 2, 3])):
        path = choose(r, files)
        # Of a table with moments either one, or all alike
        paths = [path]
        plain = re.sub(r'^moment/\d+/', '', path)
        if r.random() < 0.5:
            paths = [f for f in files if re.sub(r'^moment/\d+/', '', f) == plain]
        way = r.choice(list(WAYS))
        for p in paths:
            full = os.path.join(tree, p)
            if not os.path.exists(full):
                continue
            with open(full, 'rb') as f:
                data = f.read()
            before.setdefault(p, data)
            changed = data
            for _ in range(1 if way in WHOLE else r.choice([1, 1, 1, 4])):
                changed = WAYS[way](r, changed)
            if changed is None:
                os.unlink(full)
            else:
                with open(full, 'wb') as f:
                    f.write(changed[:4 << 20])
            how[p] = way
    return before, how


def restore(tree, before):
    for path, data in before.items():
        with open(os.path.join(tree, path), 'wb') as f:
            f.write(data)


def units():
    """(probe, table, column) -> unit"""
    text = subprocess.run([PROGRAM, 'list', 'facts'], capture_output=True, text=True, timeout=TIMEOUT).stdout
    out = {}
    for line in text.splitlines():
        m = re.match(r'(\w+)\.(\w+)\.(\w+)  +(.*?)  +', line)
        if m:
            out[m.group(1), m.group(2), m.group(3)] = m.group(4)
    return out


# Differences, which may well be below zero; what the kernel counts twice
SIGNED = {('growth', 'growth', 'change'), ('memory', 'balance', 'bytes')}


def no_constant(name):
    raise ValueError(f'{name} in JSON')


def check_cells(case, unit, problems):
    for probe, facts in case['facts'].items():
        if facts['status'] not in ('ok', 'partial', 'denied', 'absent', 'malformed', 'vanished'):
            problems.append(f'{probe}: status {facts["status"]}')
        if facts['status'] != 'ok' and not facts['reason']:
            problems.append(f'{probe}: {facts["status"]} without a reason')
        coverage = facts['coverage']
        if coverage is not None and not 0 <= coverage <= 1:
            problems.append(f'{probe}: coverage {coverage}')
        for table, rows in facts.items():
            if not isinstance(rows, list) or table == 'unknown':
                continue
            for row in rows:
                for column, value in row.items():
                    kind = unit.get((probe, table, column))
                    what = f'{probe}.{table}.{column} = {value!r}'
                    if kind is None:
                        problems.append(f'{what}: not declared')
                    elif value is None:
                        pass
                    elif kind == 'bytes':
                        if type(value) is not int or (value < 0 and (probe, table, column) not in SIGNED):
                            problems.append(what)
                    elif kind == 'ratio':
                        above = table == 'balance' or column in ('usage_share', 'mappings_share')
                        if not (0 <= value <= 1) and not above and not column.startswith('fragindex'):
                            problems.append(what)
                    elif kind in ('seconds',):
                        if value < 0:
                            problems.append(what)
                    elif kind == 'text' and re.search('[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]', value):
                        problems.append(what)


def check(case, how, files, unit):
    problems = []
    check_cells(case, unit, problems)
    for p, h in how.items():
        plain = re.sub(r'^moment/\d+/', '', p)
        rest = [f for f in files if re.sub(r'^moment/\d+/', '', f) == plain]
        if all(how.get(f) in WHOLE for f in rest):
            for probe in ONLY_SOURCE.get(plain, []):
                if case['facts'].get(probe, {'status': 'not run'})['status'] == 'ok':
                    problems.append(f'{plain} is {h}, but the probe {probe} is ok')
    memory = case['facts'].get('memory', {})
    # what is not named is only known if all large lines are there
    if memory.get('balance') and memory['memory'][0]['unaccounted'] is not None and \
            sum(r['bytes'] for r in memory['balance']) != memory['memory'][0]['total']:
        problems.append('the balance does not add up to the total')
    orders = case['facts'].get('buddy', {}).get('order', [])
    for zone in case['facts'].get('buddy', {}).get('zone', []):
        if zone['free'] != sum(o['free'] for o in orders if (o['node'], o['zone']) == (zone['node'], zone['name'])):
            problems.append(f'zone {zone["name"]}: its orders do not add up')
    wells = {v['id']: v['state'] for v in case['verdicts']}
    if wells.get('healthy') == 'confirmed' and case['status'] != 'ok':
        problems.append('healthy, and yet ' + case['status'])
    if case['status'] == 'ok' and any(how.get(f) in WHOLE for f in ('proc/meminfo', 'proc/buddyinfo', 'proc/zoneinfo')) \
            and not any(f.startswith('moment') for f in files):
        problems.append('nothing found, without meminfo, buddyinfo or zoneinfo')
    severities = [f['severity'] for f in case['findings']]
    worst = 'critical' if 'critical' in severities else 'warning' if 'warning' in severities else None
    if worst and case['status'] != worst:
        problems.append(f'status {case["status"]} with a finding that is {worst}')
    for f in case['findings']:
        if not f['say'] or re.search(r'\b(nan|inf|-nan)\b', f['say']):
            problems.append(f'finding {f["id"]}: "{f["say"]}"')
        if re.search(r'-\d[\d.,]* ?(KiB|MiB|GiB|TiB|B)\b(?!/)', f['say']):
            problems.append(f'finding {f["id"]}: "{f["say"]}"')
    return problems


def run(seed, tree, files, unit):
    r = random.Random(seed)
    before, how = damage(r, tree, files)
    try:
        done = subprocess.run([PROGRAM, '--root', tree, '--auto', '--duration', '0', '--format', 'json'], capture_output=True, timeout=TIMEOUT,
                              env={**os.environ, 'ASAN_OPTIONS': 'detect_leaks=1:allocator_may_return_null=0', 'UBSAN_OPTIONS': 'print_stacktrace=1'})
    except subprocess.TimeoutExpired:
        return how, ['no end after %d s' % TIMEOUT], before
    errors = done.stderr.decode('utf-8', 'replace')
    problems = []
    if done.returncode < 0 or done.returncode > 3:
        problems.append(f'exit status {done.returncode}')
    if 'Sanitizer' in errors or 'runtime error' in errors:
        problems.append(errors[:3000])
    if not problems and not done.stdout:
        # A root that is none: one sentence says so
        if done.returncode != 3 or len(errors.splitlines()) != 1:
            problems.append('no report: ' + errors[:500])
    elif not problems:
        try:
            case = json.loads(done.stdout.decode('utf-8'), parse_constant=no_constant)
            problems += check(case, how, files, unit)
            expected = {'ok': 0, 'warning': 1, 'critical': 2, 'unknown': 3}[case['status']]
            if done.returncode != expected:
                problems.append(f'exit status {done.returncode} for {case["status"]}')
        except (ValueError, KeyError) as e:
            problems.append(f'JSON: {e!r}')
    return how, problems, before


def work(job):
    tree_name, tree, seeds, unit = job
    files = files_of(tree)
    bad = []
    for seed in seeds:
        how, problems, before = run(seed, tree, files, unit)
        restore(tree, before)
        if problems:
            bad.append((seed, tree_name, how, problems))
    return bad


def main():
    trees, directory = sys.argv[1], sys.argv[2]
    names = sorted(n for n in os.listdir(trees) if os.path.isdir(os.path.join(trees, n, 'proc')))
    unit = units()
    if not names or not unit:
        print('no trees, or no facts')
        return 1
    if len(sys.argv) > 3:
        seed = int(sys.argv[3])
        name = names[seed % len(names)]
        tree = os.path.join(directory, 'kept')
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(os.path.join(trees, name), tree, symlinks=True)
        how, problems, _ = run(seed, tree, files_of(tree), unit)
        print(name, how, *problems, sep='\n')
        return bool(problems)
    seeds = range(SEED, SEED + RUNS)
    jobs = []
    parts = max(1, min(2, os.cpu_count() or 1))
    for i, name in enumerate(names):
        own = [s for s in seeds if s % len(names) == i]
        for part in range(parts):
            tree = os.path.join(directory, f'{name}.{part}')
            shutil.rmtree(tree, ignore_errors=True)
            shutil.copytree(os.path.join(trees, name), tree, symlinks=True)
            jobs.append((name, tree, own[part::parts], unit))
    with concurrent.futures.ThreadPoolExecutor(parts) as pool:
        bad = [b for result in pool.map(work, jobs) for b in result]
    for seed, name, how, problems in bad[:20]:
        print(f'seed {seed}, {name}: {how}')
        for p in problems[:6]:
            print('    ' + p.replace('\n', '\n    '))
    print(f'{RUNS} audits of {len(names)} trees with damaged files from seed {SEED}: {len(bad)} of them wrong' if bad else
          f'{RUNS} audits of {len(names)} trees with damaged files from seed {SEED}: each ends in a report, none in a number that cannot be')
    return bool(bad)


sys.exit(main())
