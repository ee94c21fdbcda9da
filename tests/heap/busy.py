#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty looks at a program whose four threads allocate and free as fast as they can: each ends within 0.5 % of what was live
while it lasted, or says that it does not know; at most a few do."""
import time

import heaplib as h

h.needs()
right, unknown, wrong = 0, 0, []
with h.Victim('busy', 'threads=4', 'mib=32') as victim:
    time.sleep(2)  # until its heap has its size
    for _ in range(20):
        victim.ask('live')
        seen = h.look(victim.pid)
        live = victim.ask('live')
        low, high = live['low'] * 0.995, live['high'] * 1.005
        if seen['state'] == 'unknown' and seen['in_use'] is None:
            unknown += 1
        elif seen['state'] in ('measured', 'estimate') and low <= seen['in_use'] <= high:
            right += 1
        else:
            wrong.append(f"{seen['state']}: {seen.get('in_use')} in use, {live['low']} to {live['high']} were; {seen.get('reason')}")
h.result(not wrong, 'no look is wrong', *wrong)
h.result(right >= 10, 'most looks give a figure', f'{right} of 20, {unknown} unknown')
h.finish()
