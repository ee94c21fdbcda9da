# SPDX-License-Identifier: GPL-3.0-or-later
"""objects.py leak KIB | held MIB [KIB]: Python objects of known behaviour.

leak: a list to which KIB KiB of objects a second are appended, and which nobody ever clears.
held: MIB MiB of small objects are freed but for one in each pool of them, which keeps its arena from being given back; then
KIB KiB a second more, of another size each time, so that the pools freed in part are of no use to them.
"""
import select
import sys
import time

HOLD_SECONDS_MAX = 180
OVERHEAD = sys.getsizeof(b"")
POOL = 16 << 10  # of one size, from Python 3.10
LARGEST = 512
STEP = 3 << 20


def ended(seconds):
    readable, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(readable) and not sys.stdin.buffer.read1(1)


def leak(rate):
    kept, size = [], 200
    begun = time.monotonic()
    yield
    while True:
        due = (time.monotonic() - begun) * rate
        while len(kept) * (size + 8) < due:
            kept.append(bytes(size - OVERHEAD))
        yield


def held(most, rate):
    kept = []

    def burst(wanted, size):
        objects = [bytes(size - OVERHEAD) for _ in range(wanted // size)]
        kept.extend(objects[:: POOL * 3 // 4 // size])

    burst(most // 2, 80)
    burst(most // 2, 128)
    begun = time.monotonic()
    done, size = 0, 144
    yield
    while True:
        if (time.monotonic() - begun) * rate - done >= STEP and size <= LARGEST:
            burst(STEP, size)
            done += STEP
            size += 16
        yield


def main():
    what, amounts = sys.argv[1], [int(a) for a in sys.argv[2:]]
    if what == "leak":
        steps = leak(amounts[0] << 10)
    else:
        steps = held(amounts[0] << 20, (amounts[1] if len(amounts) > 1 else 0) << 10)
    next(steps)
    print("ready", flush=True)
    begun = time.monotonic()
    while time.monotonic() - begun < HOLD_SECONDS_MAX and not ended(0.1):
        next(steps)


main()
