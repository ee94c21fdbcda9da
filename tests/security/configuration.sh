#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A program's configuration is read as the program sees it, and nothing else: no link leads out of its root, and what a process
# with a user namespace of its own has mounted is left alone.
. "$(dirname "$0")/../tools/tap.sh"
need bash jq unshare mount
[ -x "$FRAGWIZARD" ] || skip_all 'fragwizard is not built'
[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || skip_all 'may not make mount namespaces'
work=$(mktemp -d) || exit 1
seen=$work/stderr
pids=
end() {
    [ -z "$pids" ] || kill $pids 2>/dev/null
    rm -rf "$work"
}
trap end EXIT

# server COMMAND…: a process that calls itself redis-server, after what $setup made of its /etc
server() {
    rm -f "$work/ready"
    "$@" bash -c "$setup; : >$work/ready; exec -a redis-server sleep 600" 2>>"$seen" &
    pid=$!
    pids="$pids $pid"
    tries=50
    while [ ! -e "$work/ready" ] && [ $tries -gt 0 ]; do
        sleep 0.1
        tries=$((tries - 1))
    done
    sleep 0.1
}
bound() { # what is known of the last server's limit
    timeout 20 "$FRAGWIZARD" probe program top=10000 --format json 2>>"$seen" |
        jq -r ".program[] | select(.pid == $pid) | \"\(.name) \(.bound) \(.bound_from)\""
}
etc='mount -t tmpfs none /etc && mkdir /etc/redis'
setup="$etc && echo maxmemory 77mb >/etc/redis/redis.conf"
server unshare -m
is 'the file that it sees itself' "$(bound)" 'redis-server 80740352 /etc/redis/redis.conf'

setup="$etc && echo maxmemory 5mb >/etc/other && ln -s /etc/other /etc/redis/redis.conf"
server unshare -m
is 'a link is followed within its own root' "$(bound)" 'redis-server 5242880 /etc/redis/redis.conf'

setup="$etc && mkfifo /etc/redis/redis.conf"
server unshare -m
is 'a FIFO is not opened' "$(bound)" 'redis-server null null'

setup="$etc && ln -s /proc/$$/root/etc/passwd /etc/redis/redis.conf && ln -s /dev/zero /etc/redis.conf"
server unshare -m
is 'nor what a link of the kernel leads to, nor a device' "$(bound)" 'redis-server null null'

setup="$etc && echo maxmemory 77mb >/etc/redis/redis.conf"
if unshare -Urm true 2>/dev/null; then
    server unshare -Urm
    is 'what a user namespace of its own has mounted is left alone' "$(bound)" 'redis-server null null'
else
    skip 'a user namespace of its own' 'none can be made here'
fi
finish
