# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that are a master and its workers: nginx, php-fpm, gunicorn."""
import os
import time

from conditions import MIB, condition, connect, here, paced, patiently, program, requests, steady

PORT = 8000

NGINX = """user www-data; worker_processes 2; daemon off; pid {folder}/nginx.pid; error_log {folder}/log;
events {{ worker_connections 500; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/public;
        location /app {{
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME {here}/programs/app.php;
            fastcgi_read_timeout 600;
            fastcgi_pass unix:{folder}/php.sock;
        }}
    }}
}}
"""

PHP = """[global]
error_log = {folder}/log
daemonize = no
[www]
user = www-data
group = www-data
listen = {folder}/php.sock
listen.owner = www-data
pm = static
pm.max_children = 5
php_admin_value[memory_limit] = 1G
"""


def nginx(place):
    os.mkdir(place.path("public"))
    for size in (1, 10, 100):
        place.write(f"public/{size}k", "x" * 1000 * size)
    return place.start("nginx", "-c", place.write("nginx.conf", NGINX.format(folder=place.folder, here=here, port=PORT)))


def php(place):
    nginx(place)
    place.start(program("php-fpm"), "-y", place.write("php.conf", PHP.format(folder=place.folder)))
    patiently(lambda: connect(place.path("php.sock")).close())


@condition("nginx, static files", "healthy", "nginx")
def nginx_static(place):
    nginx(place)
    for size in (1, 10, 100):
        requests(PORT, 100, f"/{size}k")
    time.sleep(3)
    yield
    yield from steady("nginx")


@condition("php-fpm, steady", "healthy", "nginx php-fpm")
def php_steady(place):
    php(place)
    requests(PORT, 60, "/app?waste=200000", clients=3)
    time.sleep(5)
    yield
    yield from steady(os.path.basename(program("php-fpm")))


@condition("php-fpm, one long request", "sick", "nginx php-fpm", expected=["leak"])
def php_long(place):
    php(place)
    requests(PORT, 20, "/app?waste=200000")
    requests(PORT, 1, f"/app?rate={2 * MIB}&seconds=300")
    time.sleep(5)
    yield
    yield from steady(os.path.basename(program("php-fpm")))


def gunicorn(place, workers, *options, **more):
    command = ["gunicorn", "-w", workers, "-b", f"127.0.0.1:{PORT}", "--chdir", here + "/programs", *options, "app:application"]
    return place.start(*command, **more)


@condition("gunicorn, steady", "healthy", "gunicorn")
def gunicorn_steady(place):
    gunicorn(place, 4)
    requests(PORT, 40, "/?waste=60000", clients=4)
    time.sleep(5)
    yield
    yield from steady("gunicorn")


@condition("gunicorn, 8 workers leak a little each", "sick", "gunicorn", expected=["group-growth"], harmless=["leak"])
def gunicorn_leak(place):
    gunicorn(place, 8)
    requests(PORT, 40, f"/?waste=20000&keep={int(0.15 * MIB * 8) // 40}", clients=8)
    time.sleep(5)
    yield
    yield from steady("gunicorn")


@condition("gunicorn, workers restart and hold more", "sick", "gunicorn", expected=["group-growth", "leak"])
def gunicorn_generations(place):
    index, began = place.path("index"), []

    def grow():
        # 45 MB for each of 8 workers, 80 MB more after a minute
        size = 45e6 + (80e6 / 60 * (time.monotonic() - began[-1]) if began else 0)
        os.truncate(index, int(size))

    place.write("index", "")
    grow()
    paced(2, grow)
    gunicorn(place, 8, "-c", here + "/programs/index.py", env=dict(os.environ, INDEX=index))
    requests(PORT, 40, "/", clients=8)
    time.sleep(5)
    yield
    while True:
        # back to where it began, and a generation that has that
        began.clear()
        time.sleep(10)
        began.append(time.monotonic())
        time.sleep(8)  # the first that hold more
        yield "gunicorn"
