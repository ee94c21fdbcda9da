# SPDX-License-Identifier: GPL-3.0-or-later
"""sqlite_mmap.py FILE: makes a database of 600 MB and reads it, slowly, through a mapping of the file."""
import itertools
import sqlite3
import sys
import time

path = sys.argv[1]
rows, step = 150_000, 1000
database = sqlite3.connect(path, isolation_level=None)
database.execute("PRAGMA journal_mode=OFF")
database.execute("PRAGMA synchronous=OFF")
database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, word BLOB)")
database.execute("BEGIN")
database.executemany("INSERT INTO t VALUES (?, zeroblob(4000))", ((i,) for i in range(rows)))
database.execute("COMMIT")
database.close()
database = sqlite3.connect(path)
database.execute("PRAGMA mmap_size=2000000000")
open(path + ".ready", "w").close()
for part in itertools.cycle(range(rows // step)):
    database.execute("SELECT max(word) FROM t WHERE id BETWEEN ? AND ?", (part * step, (part + 1) * step)).fetchall()
    time.sleep(0.5)
