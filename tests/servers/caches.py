# SPDX-License-Identifier: GPL-3.0-or-later
"""redis and memcached: what they hold has an end that is set, or was put there."""
import random
import time

from conditions import MIB, condition, connect, paced, patiently, steady

REDIS, MEMCACHED = 6379, 11211
NOISE = random.Random(1).randbytes(1 << 16)


class Redis:
    """One connection, which sends commands in batches."""

    def __init__(self):
        self.socket = connect(REDIS)
        self.answers = self.socket.makefile("rb")
        self.do([("PING",)])

    def do(self, commands):
        parts = []
        for command in commands:
            parts.append(b"*%d\r\n" % len(command))
            for word in command:
                word = word if isinstance(word, bytes) else str(word).encode()
                parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
        self.socket.sendall(b"".join(parts))
        for _ in commands:
            answer = self.answers.readline()
            if not answer or answer[:1] == b"-":
                raise RuntimeError(answer.decode().strip() or "redis closed the connection")

    def measure(self, name):
        """A number of INFO memory."""
        self.socket.sendall(b"INFO memory\r\n")
        size = int(self.answers.readline()[1:])
        lines = self.answers.read(size + 2).decode().split("\r\n")
        return float(dict(line.split(":", 1) for line in lines if ":" in line)[name])

    def fill(self, size, lengths, first=0):
        """Keys from first on, until their values have that size; gives the number after the last."""
        key = first
        while size > 0:
            batch = [(b"SET", b"key:%d" % (key + i), NOISE[: random.choice(lengths)]) for i in range(200)]
            self.do(batch)
            key += len(batch)
            size -= sum(len(command[2]) for command in batch)
        return key


def redis_server(place, *options):
    data = place.path("data")
    settings = ["port", REDIS, "dir", data, "save", "", "appendonly", "no", "daemonize", "no", *options]
    text = "".join(f'{name} "{value}"\n' for name, value in zip(settings[::2], settings[1::2]))
    return place.start("redis-server", place.write("redis.conf", text), user="redis")


def new_redis(place, *options):
    place.own_folder("data", "redis")
    server = redis_server(place, *options)
    return server, patiently(Redis)


@condition("redis, loaded and idle", "healthy", "redis-server")
def redis_idle(place):
    server, client = new_redis(place)
    client.fill(300 * MIB, [100, 1000, 3000])
    yield
    yield from steady(server.pid)


@condition("redis, filling to maxmemory", "bounded", "redis-server")
def redis_filling(place):
    server, client = new_redis(place, "maxmemory", "1gb", "maxmemory-policy", "allkeys-lru")
    keys = iter(range(1 << 40))
    value = NOISE[:5000]
    paced(10, lambda: client.do([(b"SET", b"key:%d" % next(keys), value) for _ in range(100)]))
    time.sleep(5)
    yield
    yield from steady(server.pid)


@condition("redis, loading its dump", "bounded", "redis-server")
def redis_loading(place):
    server, client = new_redis(place)
    client.fill(400 * MIB, [60, 100, 150])
    client.do([("SAVE",)])
    yield
    while True:
        server.terminate()
        server.wait()
        server = redis_server(place)
        time.sleep(0.2)
        yield server.pid


@condition("redis, fragmented", "sick", "redis-server", expected=["heap-fragmentation"])
def redis_fragmented(place):
    server, client = new_redis(place, "activedefrag", "no")
    keys = client.fill(600 * MIB, range(64, 4000))
    gone = random.sample(range(keys), keys * 7 // 10)
    for i in range(0, len(gone), 500):
        client.do([("DEL", *(b"key:%d" % key for key in gone[i : i + 500]))])
    time.sleep(12)  # until jemalloc has given back what it will
    if client.measure("mem_fragmentation_ratio") < 2:
        raise RuntimeError("it did not get fragmented")
    yield
    yield from steady(server.pid)


@condition("memcached, filling to -m", "bounded", "memcached")
def memcached_filling(place):
    server = place.start("memcached", "-u", "memcache", "-l", "127.0.0.1", "-p", MEMCACHED, "-m", 512)
    connection = patiently(lambda: connect(MEMCACHED))
    keys = iter(range(1 << 40))

    def fill():
        commands = [b"set key:%d 0 0 3000 noreply\r\n%s\r\n" % (next(keys), NOISE[:3000]) for _ in range(200)]
        connection.sendall(b"".join(commands))

    paced(10, fill)
    time.sleep(5)
    yield
    yield from steady(server.pid)
