# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers on runtimes that collect garbage, or should. Each answers /?waste=BYTES&keep=BYTES."""
import os
import time

from conditions import MIB, condition, here, requests, steady

PORT = 8000
RATE = 50  # requests a second


def ask(waste, keep_rate):
    """The load that keeps so many bytes a second; waste: bytes a request."""
    requests(PORT, RATE, f"/?waste={waste}&keep={int(keep_rate) // RATE}", clients=5)


def warm(server):
    time.sleep(5)
    yield
    yield from steady(server.pid)


def node(place):
    return place.start("node", here + "/programs/server.js", PORT)


@condition("node, garbage only", "healthy", "node")
def node_steady(place):
    server = node(place)
    ask(200_000, 0)
    yield from warm(server)


@condition("node, leak", "sick", "node", expected=["leak"])
def node_leak(place):
    server = node(place)
    ask(20_000, 2 * MIB)
    yield from warm(server)


def jvm(place, heap, most=1 << 40):
    place.do("javac", "-d", place.folder, here + "/programs/Server.java")
    return place.start("java", heap, "-cp", place.folder, "Server", PORT, most)


@condition("JVM, just started", "bounded", "java javac")
def jvm_young(place):
    server = jvm(place, "-Xmx512m")
    ask(400_000, 0)
    yield from warm(server)


@condition("JVM, garbage only", "healthy", "java javac")
def jvm_steady(place):
    server = jvm(place, "-Xmx512m")
    ask(4_000_000, 0)  # enough that the heap has been gone through once when it is warm
    yield from warm(server)


@condition("JVM, cache that levels off", "bounded", "java javac")
def jvm_cache(place):
    server = jvm(place, "-Xmx1g", 200 * MIB)
    ask(20_000, 5 * MIB)
    yield from warm(server)


@condition("JVM, leak", "sick", "java javac", expected=["leak"])
def jvm_leak(place):
    server = jvm(place, "-Xmx1g")
    ask(20_000, 2.5 * MIB)
    yield from warm(server)


def ruby(place):
    return place.start("ruby", here + "/programs/server.rb", PORT)


@condition("ruby, garbage only", "healthy", "ruby webrick")
def ruby_steady(place):
    server = ruby(place)
    ask(60_000, 0)
    yield from warm(server)


@condition("ruby, leak", "sick", "ruby webrick", expected=["leak"])
def ruby_leak(place):
    server = ruby(place)
    ask(20_000, 1.5 * MIB)
    yield from warm(server)


def go(place):
    built = place.path("server")
    settings = dict(os.environ, HOME=place.folder, GO111MODULE="off")  # its cache is there too
    place.do("go", "build", "-o", built, here + "/programs/server.go", env=settings)
    return place.start(built, PORT)


@condition("Go, garbage only", "healthy", "go")
def go_steady(place):
    server = go(place)
    ask(200_000, 0)
    yield from warm(server)


@condition("Go, leak", "sick", "go", expected=["leak"])
def go_leak(place):
    server = go(place)
    ask(20_000, 2 * MIB)
    yield from warm(server)
