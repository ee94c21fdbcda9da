#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ./install-needs names the right packages for each package manager, and only those that are missing. The managers are
# faked: a directory holds the only commands that the script can find.
. "$(dirname "$0")/../tools/tap.sh"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
seen=$work/out

fake() { # NAME BODY
    printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

machine() { # a bare machine, with user id $1
    rm -rf "$work/bin"
    mkdir "$work/bin"
    for command in sh env awk cat; do
        ln -s "$(command -v $command)" "$work/bin/$command"
    done
    fake id "echo $1"
}

needs() {
    PATH=$work/bin /bin/sh "$SRC/install-needs" "$@" >"$seen" 2>&1
}

has() {
    grep -q -- "$1" "$seen"
}

lacks() {
    ! grep -q -- "$1" "$seen"
}

machine 0
fake apt-get 'exit 0'
fake dpkg-query 'exit 1'
needs --print
check 'Debian: the compiler and make are asked for' has 'apt-get install -y --no-install-recommends gcc libc6-dev make pkg-config'
for package in libreadline-dev libyaml-dev libxml2-dev libjansson-dev libsmartcols-dev zlib1g-dev; do
    check "Debian: $package" has " $package"
done
check 'Debian: apt is not to ask' has 'DEBIAN_FRONTEND=noninteractive'
check 'Debian: nothing for the tests unless asked' lacks libcmocka-dev
needs --tests --print
check 'Debian: --tests adds what they need' has ' libcmocka-dev bash python3 python3-jsonschema python3-yaml jq strace tmux procps'
check 'Debian: what may be missing does not stand in the way of the rest' has 'recommends chromium$'

check 'Debian: the servers of the tests' has 'recommends redis-server$'
check 'Debian: not those of make check-servers' lacks memcached
policy=/usr/sbin/policy-rc.d
# shellcheck disable=SC2016
starts_nothing() { # what is installed between forbidding and allowing it to start
    awk -v policy=$policy '$1 == "cp" && $NF == policy { forbidden = 1 }
        ($1 == "rm" || $1 == "mv") && $NF == policy { forbidden = 0; allowed++ }
        / (redis-server|postgresql|mariadb-server|memcached|nginx-light)$/ { n++; if (!forbidden) bad++ }
        END { exit !(n == '"$1"' && !bad && allowed == 1) }' "$seen"
}
check 'Debian: no server starts when it is installed, and others may afterwards' starts_nothing 3
needs --servers --print
check 'Debian: nor any of make check-servers' starts_nothing 5
check 'Debian: --servers has what --tests has' has ' libcmocka-dev bash'

fake dpkg-query 'for last; do :; done; [ "$last" = make ] || printf installed'
needs --print
check 'only what is missing' has 'recommends make$'
fake dpkg-query 'printf installed'
needs --print
check 'nothing missing: says so' has 'everything is there already'
check 'nothing missing: no command' lacks apt-get

fake dpkg-query 'exit 1'
fake apt-get 'echo "called: $*" >>"'"$work"'/called"; case $1 in -qq) exit 100 ;; esac'
needs
check 'a package list that cannot be refreshed does not stop it' grep -q 'called: install -y' "$work/called"
fake apt-get 'case $1 in -qq) exit 0 ;; esac; exit 100'
if needs; then
    not_ok 'a failed installation is a failure' "$seen"
else
    ok 'a failed installation is a failure'
fi

machine 1000
fake apt-get 'exit 0'
fake dpkg-query 'exit 1'
fake sudo 'exit 0'
needs --print
check 'an ordinary user: through sudo' has '^sudo env DEBIAN_FRONTEND'
rm "$work/bin/sudo"
if needs; then
    not_ok 'an ordinary user without sudo is told' "$seen"
else
    check 'an ordinary user without sudo is told' has 'run this as root'
fi

machine 0
fake dnf 'case $* in *repolist*) echo "repo id status"; echo "crb CentOS" ;; esac'
fake rpm 'exit 1'
needs --print --tests
check 'Fedora, RHEL: development packages' has 'dnf install -y.* readline-devel libyaml-devel libxml2-devel jansson-devel libsmartcols-devel zlib-devel'
check 'RHEL: with the repository that has them' has '--enablerepo=crb'
check 'Fedora, RHEL: test packages' has 'libcmocka-devel .*python3-pyyaml'
fake dnf 'exit 0'
needs --print
check 'Fedora: without that repository' lacks enablerepo
fake rpm 'exit 0'
needs --print --tests
check 'rpm tells what is installed' has 'everything is there already'

machine 0
fake apk 'exit 1'
needs --print --tests
check 'Alpine' has '^apk add gcc musl-dev linux-headers make pkgconf readline-dev yaml-dev libxml2-dev jansson-dev util-linux-dev zlib-dev cmocka-dev'

machine 0
fake pacman 'exit 127'
needs --print --tests
check 'Arch' has '^pacman -S --needed --noconfirm gcc make pkgconf readline libyaml libxml2 jansson util-linux-libs zlib cmocka'

machine 0
fake zypper 'exit 0'
fake rpm 'exit 1'
needs --print --tests
check 'openSUSE' has '^zypper --non-interactive install --no-recommends gcc make pkg-config readline-devel libyaml-devel'

machine 0
if needs; then
    not_ok 'no package manager is a failure' "$seen"
else
    check 'no package manager: tells by hand what is needed' has libsmartcols
fi
if needs --frobnicate; then
    not_ok 'an unknown option is refused' "$seen"
else
    check 'an unknown option shows the usage' has '^usage:'
fi
finish
