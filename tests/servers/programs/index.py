# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration of gunicorn: each worker reads an index when it starts, and lives for some twenty requests."""
import os

max_requests = 20
max_requests_jitter = 5
preload_app = True


def post_fork(server, worker):
    with open(os.environ["INDEX"], "rb") as f:
        worker.index = f.read()
