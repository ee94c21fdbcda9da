# SPDX-License-Identifier: GPL-3.0-or-later
"""What the processes of a namespace hold, measured from outside of it while they are audited."""
import os
import threading
import time


def look(proc):
    """Command and anonymous memory, resident or swapped (RssAnon + VmSwap), in bytes, of each process; by pid."""
    seen = {}
    for name in os.listdir(proc):
        if not name.isdigit():
            continue
        try:
            with open(f"{proc}/{name}/status") as f:
                lines = dict(line.rstrip("\n").split(":", 1) for line in f)
        except OSError:
            continue  # it ended
        if "RssAnon" in lines:
            seen[int(name)] = lines["Name"].strip(), sum(int(lines[field].split()[0]) << 10 for field in ("RssAnon", "VmSwap"))
    return seen


class Truth:
    """Looks once a second from its beginning to its end, beside the process that is the first of a namespace."""

    def __init__(self, first):
        self.proc, self.looks, self.over = f"/proc/{first}/root/proc", [], threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self.follow)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def follow(self):
        begin = time.monotonic()
        while True:
            self.looks.append((time.monotonic() - begin, look(self.proc)))
            if self.over.wait(1):
                return

    def held(self, subject, duration):
        """Seconds and bytes early and late in the window, of a pid or of all processes of a command: the means over its first and last
        third, as one look may fall between the end of a worker and the start of the next."""
        sums = [(t, sum(size for pid, (name, size) in seen.items() if subject in (pid, name))) for t, seen in self.looks if t <= duration]
        third = -(-len(sums) // 3)
        return [[sum(column) / third for column in zip(*looks)] for looks in (sums[:third], sums[-third:])]

    def rate(self, subject, duration):
        (begin, first), (end, last) = self.held(subject, duration)
        return (last - first) / (end - begin)

    def fastest(self, command):
        """The pid of that command that grew most."""
        first, last = self.looks[0][1], self.looks[-1][1]
        grown = {pid: size - first[pid][1] for pid, (name, size) in last.items() if name == command and pid in first}
        return max(grown, key=grown.get, default=0)

    def command(self, subject):
        return next((seen[subject][0] for _, seen in self.looks if subject in seen), subject)
