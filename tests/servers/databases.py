# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL, MariaDB and SQLite: buffers that fill, connections, and a backend that keeps what its client prepares."""
import itertools
import os
import signal
import struct
import sys
import time

from conditions import condition, connect, here, paced, patiently, program, receive, steady


class PostgresClient:
    """One connection, with the simple queries of protocol 3.0."""

    def __init__(self, path):
        self.socket = connect(path)
        self.send(b"", struct.pack("!i", 3 << 16) + b"user\0postgres\0database\0postgres\0\0")

    def send(self, kind, body):
        self.socket.sendall(kind + struct.pack("!i", len(body) + 4) + body)
        while kind != b"Z":
            kind, size = struct.unpack("!ci", receive(self.socket, 5))
            answer = receive(self.socket, size - 4)
            if kind == b"E":
                raise RuntimeError(answer.replace(b"\0", b" ").decode())
            if kind == b"K":
                self.pid = struct.unpack("!i", answer[:4])[0]

    def query(self, sql):
        self.send(b"Q", sql.encode() + b"\0")

    def close(self):
        self.socket.close()


class Postgres:
    def __init__(self, place, *settings):
        self.place, self.program = place, program("postgres")
        self.data = place.own_folder("data", "postgres")
        self.settings = ["listen_addresses=", f"unix_socket_directories={self.data}", "fsync=off", "autovacuum=off", *settings]
        initdb = os.path.join(os.path.dirname(self.program), "initdb")
        place.do(initdb, "-D", self.data, "-A", "trust", "--no-sync", "-E", "UTF8", user="postgres")
        self.start()

    def start(self):
        options = [word for setting in self.settings for word in ("-c", setting)]
        self.server = self.place.start(self.program, "-D", self.data, *options, user="postgres")
        patiently(self.client).close()

    def restart(self):
        self.server.send_signal(signal.SIGINT)
        self.server.wait()
        self.start()

    def client(self):
        return PostgresClient(self.data + "/.s.PGSQL.5432")


@condition("postgres, shared_buffers filling", "bounded", "postgres")
def postgres_buffers(place):
    server = Postgres(place, "shared_buffers=256MB", "max_parallel_workers_per_gather=0")
    client = server.client()
    # each under a quarter of the buffers: scans of a larger table go through a small ring
    tables = 100
    client.query(f"""DO $$ BEGIN FOR i IN 1..{tables} LOOP EXECUTE 'CREATE TABLE t' || i || ' AS
        SELECT n, repeat(''x'', 1000) AS word FROM generate_series(1, 2700) n'; END LOOP; END $$""")
    client.close()
    server.restart()
    client = server.client()
    table = itertools.cycle(range(1, tables + 1))
    paced(1, lambda: client.query(f"SELECT max(word) FROM t{next(table)}"))
    yield
    yield from steady("postgres")


@condition("postgres, 20 connections idle", "healthy", "postgres")
def postgres_idle(place):
    server = Postgres(place)
    clients = [server.client() for _ in range(20)]
    for client in clients:
        client.query("SELECT count(*) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid")
    yield
    yield from steady("postgres")


@condition("postgres, connections piling up", "sick", "postgres", expected=["group-growth"])
def postgres_connections(place):
    server = Postgres(place, "max_connections=400")
    clients = []

    def another():
        clients.append(server.client())
        clients[-1].query("SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indrelid ORDER BY 1")

    while len(clients) < 10:
        another()
    paced(3, another)
    yield
    while True:
        for client in clients[10:]:
            clients.remove(client)
            client.close()
        time.sleep(2)  # until their processes have ended
        yield "postgres"


@condition("postgres, a session that prepares ever more", "sick", "postgres", expected=["leak"])
def postgres_session(place):
    server = Postgres(place)
    others = [server.client() for _ in range(5)]
    client = server.client()
    columns = ", ".join(f"attnum + {i}" for i in range(60))
    name = itertools.count()
    paced(15, lambda: client.query(f"PREPARE p{next(name)} AS SELECT {columns} FROM pg_attribute"))
    for other in others:
        paced(1, lambda other=other: other.query("SELECT count(*) FROM pg_class"))
    yield
    yield from steady(client.pid)


class MariadbClient:
    """One connection, with the text protocol."""

    def __init__(self, path):
        self.socket = connect(path)
        self.packet()
        capabilities = 0x1 | 0x200 | 0x8000 | 0x80000  # long password, protocol 4.1, secure connection, named plugin
        self.send(1, struct.pack("<IIB23x", capabilities, 1 << 24, 45) + b"root\0" + b"\0" + b"mysql_native_password\0")
        self.packet()

    def send(self, number, body):
        self.socket.sendall(struct.pack("<I", len(body))[:3] + bytes([number]) + body)

    def packet(self):
        body = receive(self.socket, int.from_bytes(receive(self.socket, 4)[:3], "little"))
        if body[:1] == b"\xff":
            raise RuntimeError(body[3:].decode(errors="replace"))
        return body

    def query(self, sql):
        self.send(0, b"\x03" + sql.encode())
        ends = 0 if self.packet()[:1] == b"\0" else 2  # one behind the columns, one behind the rows
        while ends:
            body = self.packet()
            ends -= body[:1] == b"\xfe" and len(body) < 9

    def close(self):
        self.socket.close()


class Mariadb:
    def __init__(self, place, *options):
        self.place, self.data = place, place.own_folder("data", "mysql")
        self.options = ["--skip-networking", "--skip-grant-tables", f"--socket={self.data}/socket", "--innodb-flush-log-at-trx-commit=0"]
        self.options += ["--innodb-buffer-pool-dump-at-shutdown=0", "--innodb-doublewrite=0", *options]
        place.do("mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={self.data}", "--skip-test-db")
        self.start()

    def start(self):
        self.server = self.place.start(program("mariadbd"), "--no-defaults", "--user=mysql", f"--datadir={self.data}", *self.options)
        patiently(self.client).close()

    def restart(self):
        self.server.terminate()
        self.server.wait()
        self.start()

    def client(self):
        return MariadbClient(self.data + "/socket")


@condition("mariadb, buffer pool warming", "bounded", "mariadbd")
def mariadb_pool(place):
    server = Mariadb(place, "--innodb-buffer-pool-size=512M")
    client = server.client()
    rows, step = 200_000, 1000
    client.query("CREATE DATABASE d")
    client.query("USE d")
    client.query("CREATE TABLE t (id INT PRIMARY KEY, word VARCHAR(2000)) ENGINE=InnoDB")
    for first in range(1, rows, 20_000):
        client.query(f"INSERT INTO t SELECT seq, REPEAT('x', 2000) FROM seq_{first}_to_{first + 19_999}")
    client.close()
    server.restart()
    client = server.client()
    client.query("USE d")
    parts = itertools.cycle(range(rows // step))

    def scan():
        first = next(parts) * step
        client.query(f"SELECT SUM(LENGTH(word)) FROM t WHERE id BETWEEN {first} AND {first + step}")

    paced(2, scan)
    yield
    yield from steady(server.server.pid)


@condition("mariadb, 150 new connections", "bounded", "mariadbd")
def mariadb_connections(place):
    server = Mariadb(place, "--max-connections=500")
    clients = [server.client() for _ in range(10)]
    due = []

    def one_due():
        if due:
            due.pop()
            clients.append(server.client())
            clients[-1].query("SELECT COUNT(*) FROM information_schema.columns")

    paced(40, one_due)
    yield
    while True:
        # at 40 a second they are there within the first 4 s
        due += range(150)
        yield server.server.pid


@condition("sqlite, reading a large file by mmap", "bounded", "")
def sqlite_mmap(place):
    reader = place.start(sys.executable, here + "/programs/sqlite_mmap.py", place.path("db"))
    patiently(lambda: os.stat(place.path("db.ready")), 120)
    yield
    yield from steady(reader.pid)
