#!/bin/bash
# Tries the project on a bare Debian 12: a debootstrap root with Python, git, make and certificates, nothing else.
# Prints how long each recipe took, the first time and the second.
#
#   deploy/fresh.sh                 make demo ARGS=--once, then make test, as root
#   deploy/fresh.sh setup           only `make setup` (any recipes; "demo --once" is one word with its arguments)
#   deploy/fresh.sh --user setup    the same as an ordinary user
#
# What is committed is tried, not what lies in the work tree. Needs root and debootstrap. The root is thrown away
# afterwards; KEEP=1 keeps it. The bare base is kept in the cache for the next time.
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
if [ "${1:-}" = --inside ]; then # we are in a mount and process namespace of our own: all ends with us
    root=$2 as=$3
    shift 3
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t sysfs sysfs "$root/sys" 2>/dev/null || true
    become=()
    home=/root
    if [ "$as" = user ]; then
        chroot "$root" useradd --create-home --shell /bin/bash visitor
        chroot "$root" chown -R visitor: /srv/liftline
        become=(setpriv --reuid=visitor --regid=visitor --init-groups --)
        home=/home/visitor
    fi
    variables=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "HOME=$home" LANG=C.UTF-8)
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY CI LIFTLINE_REQUIRE_SERVERS; do
        if [ -n "${!name:-}" ]; then variables+=("$name=${!name}"); fi
    done
    for recipe in "$@"; do
        read -r name arguments <<<"$recipe"
        for turn in first second; do
            start=$(date +%s.%N)
            chroot "$root" env -i "${variables[@]}" "${become[@]}" \
                make --no-print-directory -C /srv/liftline "$name" ${arguments:+"ARGS=$arguments"}
            printf '== make %s, %s run, as %s: %.1f s\n' "$recipe" "$turn" "$as" \
                "$(awk "BEGIN { print $(date +%s.%N) - $start }")"
            [ "$name" = test ] && break # its second run tells nothing new
        done
    done
    exit 0
fi

as=root
if [ "${1:-}" = --user ]; then
    as=user
    shift
fi
[ $# -gt 0 ] || set -- "demo --once" test
[ "$(id -u)" = 0 ] || { echo "deploy/fresh.sh needs root, for chroot" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "debootstrap is missing: sudo apt-get install debootstrap" >&2; exit 1; }

cd "$project"
cache=$(python3 -c 'from deploy.provision.cache import make_cache; print(make_cache())')
base=$cache/bare-bookworm-1
if [ ! -d "$base" ]; then
    echo "Making a bare Debian 12 in $base …"
    mirror=$(python3 -c 'from deploy.provision.apt import RELEASE, derive_sources, machine_sources
from deploy.provision.machine import this_machine
lines = derive_sources(machine_sources(), codename=this_machine().codename)
print(next((line.split()[-3] for line in lines if line.split()[-2] == RELEASE), ""))')
    rm -rf "$base.new"
    debootstrap --variant=minbase --include=python3,git,make,ca-certificates bookworm "$base.new" ${mirror:+"$mirror"} \
        >"$cache/debootstrap.log" 2>&1 || { tail "$cache/debootstrap.log" >&2; exit 1; }
    mv "$base.new" "$base"
fi

root=$(mktemp -d /var/tmp/liftline-fresh-XXXXXX)
chmod 755 "$root" # as any root folder: servers run as another user
if [ -z "${KEEP:-}" ]; then trap 'rm -rf --one-file-system "$root"' EXIT; else echo "The root is $root"; fi
cp -a "$base/." "$root"

# How this machine reaches its package sources holds inside too.
copy() {
    for file in "$@"; do
        if [ -d "$file" ]; then
            mkdir -p "$root$file"
            cp -aL "$file/." "$root$file"
        elif [ -e "$file" ]; then
            mkdir -p "$root$(dirname "$file")"
            cp -aL "$file" "$root$file"
        fi
    done
}
copy /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/npmrc /etc/apt/auth.conf /etc/apt/auth.conf.d \
    /etc/ssl/certs/ca-certificates.crt /usr/local/share/ca-certificates
if grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
    rm -f "$root/etc/apt/sources.list"
    copy /etc/apt/sources.list /etc/apt/sources.list.d
    for file in /etc/apt/apt.conf.d/*; do
        if ! grep -q Invoke "$file"; then copy "$file"; fi # hooks belong to programs that are not inside
    done
fi

git clone --quiet --no-hardlinks "file://$project" "$root/srv/liftline"
echo "Trying $(git rev-parse --short HEAD) as $as in a bare Debian 12"
unshare --mount --pid --fork --kill-child "$project/deploy/fresh.sh" --inside "$root" "$as" "$@"
