# SPDX-License-Identifier: GPL-3.0-or-later
"""For gunicorn: answers GET /?waste=BYTES&keep=BYTES: makes garbage, and keeps as much."""
import time
import urllib.parse

kept = []


def application(environ, start_response):
    query = dict(urllib.parse.parse_qsl(environ["QUERY_STRING"]))
    waste = [f"a string that is thrown away, number {i}" for i in range(int(query.get("waste", 0)) // 64)]
    if int(query.get("keep", 0)):
        kept.append([b"%d" % i + bytes(950) for i in range(int(query["keep"]) // 1000)])
    time.sleep(0.01)  # so that the next request finds another worker
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % len(waste)]
