# SPDX-License-Identifier: GPL-3.0-or-later
"""RabbitMQ: what is published is consumed."""
import os
import struct

from conditions import condition, connect, paced, patiently, pid_of, receive, steady

PORT = 5672


def short(text):
    return bytes([len(text)]) + text.encode()


class Amqp:
    """One channel, with what AMQP 0-9-1 needs to publish and to get."""

    def __init__(self):
        self.socket = connect(PORT)
        self.socket.sendall(b"AMQP\0\0\x09\x01")
        self.expect(10, 10)
        self.method(0, 10, 11, struct.pack("!I", 0) + short("PLAIN") + struct.pack("!I", 12) + b"\0guest\0guest" + short("en_US"))
        tune = self.expect(10, 30)
        self.method(0, 10, 31, tune[:6] + b"\0\0")  # no heartbeats
        self.method(0, 10, 40, short("/") + b"\0\0")
        self.expect(10, 41)
        self.method(1, 20, 10, short(""))
        self.expect(20, 11)

    def frame(self, kind, channel, body):
        return struct.pack("!BHI", kind, channel, len(body)) + body + b"\xce"

    def method(self, channel, family, number, arguments):
        self.socket.sendall(self.frame(1, channel, struct.pack("!HH", family, number) + arguments))

    def read(self):
        kind, _, size = struct.unpack("!BHI", receive(self.socket, 7))
        return kind, receive(self.socket, size + 1)[:-1]

    def expect(self, family, number):
        kind, body = self.read()
        if kind != 1 or struct.unpack("!HH", body[:4]) != (family, number):
            raise RuntimeError(f"rabbitmq says {body[:200]!r}")
        return body[4:]

    def queue(self, name):
        self.method(1, 50, 10, b"\0\0" + short(name) + b"\0" + b"\0\0\0\0")
        self.expect(50, 11)

    def publish(self, name, message):
        arguments = struct.pack("!HH", 60, 40) + b"\0\0" + short("") + short(name) + b"\0"
        header = struct.pack("!HHQH", 60, 0, len(message), 0)
        self.socket.sendall(self.frame(1, 1, arguments) + self.frame(2, 1, header) + self.frame(3, 1, message))

    def get(self, name):
        """Takes one message, which needs no acknowledgement, if there is one."""
        self.method(1, 60, 70, b"\0\0" + short(name) + b"\x01")
        _, body = self.read()
        if struct.unpack("!HH", body[:4]) == (60, 71):
            _, header = self.read()
            left = struct.unpack("!HHQ", header[:12])[2]
            while left > 0:
                left -= len(self.read()[1])


@condition("rabbitmq, published and consumed", "healthy", "rabbitmq-server")
def rabbitmq(place):
    data = place.own_folder("data", "rabbitmq")
    settings = {
        "HOME": data,
        "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin",
        "RABBITMQ_NODENAME": "rabbit@localhost",
        "RABBITMQ_MNESIA_BASE": data,
        "RABBITMQ_LOG_BASE": data,
        "RABBITMQ_PID_FILE": data + "/pid",
        "RABBITMQ_ENABLED_PLUGINS_FILE": data + "/plugins",
        "LANG": "C.UTF-8",
    }
    place.start("/usr/lib/rabbitmq/bin/rabbitmq-server", user="rabbitmq", env=settings)
    publisher = patiently(Amqp, 90)
    consumer = Amqp()
    publisher.queue("q")

    def both():
        for _ in range(10):
            publisher.publish("q", bytes(2000))
        for _ in range(10):
            consumer.get("q")

    for _ in range(200):
        both()
    paced(20, both)
    yield
    yield from steady(pid_of("beam.smp"))
