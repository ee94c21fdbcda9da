# SPDX-License-Identifier: GPL-3.0-or-later
"""What a condition is, and what those that make one share. A condition is a generator that runs as process 1 of its namespaces: it
starts a server and its load, yields once when that is in its phase, and is then sent each window's length just before the window;
it answers with the subject: the pid of the process that matters, or the command of a group of them."""
import collections
import glob
import http.client
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

MIB = 1 << 20
here = os.path.dirname(os.path.abspath(__file__))

# kind: healthy, bounded (grows to an end that it knows) or sick; expected: verdicts of a sick one, any of them; harmless: others that
# may hold, as they are true too; needs: programs
Condition = collections.namedtuple("Condition", "name kind expected needs harmless make")
CONDITIONS = {}

# The package of Debian 12 that has the program
PACKAGES = {
    "go": "golang-go",
    "gunicorn": "gunicorn",
    "java": "default-jdk-headless",
    "javac": "default-jdk-headless",
    "mariadbd": "mariadb-server",
    "memcached": "memcached",
    "nginx": "nginx-light",
    "node": "nodejs",
    "php-fpm": "php-fpm",
    "postgres": "postgresql",
    "rabbitmq-server": "rabbitmq-server",
    "redis-server": "redis-server",
    "ruby": "ruby",
    "webrick": "ruby-webrick",
}
ELSEWHERE = {
    "postgres": "/usr/lib/postgresql/*/bin/postgres",
    "php-fpm": "/usr/sbin/php-fpm?*",
    "webrick": "/usr/share/rubygems-integration/all/gems/webrick-*",
}


def program(name):
    """Its path; None: it is not here."""
    found = sorted(glob.glob(ELSEWHERE[name])) if name in ELSEWHERE else []
    return found[-1] if found else shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")


def condition(name, kind, needs, expected=(), harmless=()):
    def add(make):
        CONDITIONS[name] = Condition(name, kind, tuple(expected), needs.split(), tuple(harmless), make)
        return make

    return add


class Place:
    """A folder of its own, and the server that runs in it."""

    def __init__(self, folder):
        self.folder = folder
        self.log = open(self.path("log"), "ab", buffering=0)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def own_folder(self, name, user):
        os.mkdir(self.path(name), 0o700)
        shutil.chown(self.path(name), user, user)
        return self.path(name)

    def options(self, user, more):
        if user:
            more = dict(more, user=user, group=user, extra_groups=[])
        return dict(more, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def start(self, *command, user=None, **more):
        return subprocess.Popen(list(map(str, command)), **self.options(user, more))

    def do(self, *command, user=None, **more):
        subprocess.run(list(map(str, command)), check=True, **self.options(user, more))


def patiently(attempt, seconds=60):
    """What attempt gives once it succeeds: a server takes its time to answer."""
    end = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except (OSError, EOFError, RuntimeError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def fails_loudly(action):
    try:
        action()
    except BaseException as e:
        print(f"{type(e).__name__}: {e}", file=sys.stderr, flush=True)
        os._exit(1)


def forever(action):
    threading.Thread(target=fails_loudly, args=[action], daemon=True).start()


def paced(rate, action):
    """Calls action so many times a second, in a thread; what it could not do in time it does not make up for."""

    def run():
        due = time.monotonic()
        while True:
            action()
            due = max(due + 1 / rate, time.monotonic() - 0.5)
            time.sleep(max(0, due - time.monotonic()))

    forever(run)


def connect(where):
    """where: a port on the loopback device, or a path."""
    s = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET)
    try:
        s.connect(where if isinstance(where, str) else ("127.0.0.1", where))
    except OSError:
        s.close()
        raise
    return s


def receive(s, size):
    """So many bytes. Without a buffer of its own, so that many connections cost the client next to nothing."""
    data = s.recv(size, socket.MSG_WAITALL) if size else b""
    if len(data) < size:
        raise EOFError("the server closed the connection")
    return data


def requests(port, rate, path="/", clients=1):
    """Waits until the server answers, then asks it so many times a second."""
    patiently(lambda: connect(port).close())

    def client():
        http_client = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

        def ask():
            http_client.request("GET", path)
            answer = http_client.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}")

        return ask

    for _ in range(clients):
        paced(rate / clients, client())


def pid_of(command):
    """The pid of the process of that command."""
    for path in glob.glob("/proc/[0-9]*/comm"):
        with open(path) as f:
            if f.read().strip() == command:
                return int(path.split("/")[2])
    raise RuntimeError(f"no process {command}")


def steady(subject):
    """The rest of a condition that goes on as it is."""
    while True:
        yield subject
