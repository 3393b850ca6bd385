#!/usr/bin/env bash
# Installs the Debian packages named as arguments that are not installed yet,
# as root or through sudo. Does nothing, quickly, when all of them are there.
set -euo pipefail

say() { printf 'setup: %s\n' "$*" >&2; }

if [ $# -eq 0 ]; then
    say 'usage: scripts/setup.sh PACKAGE...'
    exit 2
fi
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say 'this system has no apt-get, so nothing can be installed here.'
    say "Install the counterparts of these Debian packages by hand: $*"
    say 'then run the tests with: go test ./...'
    exit 1
fi

missing=()
for package in "$@"; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        say "missing packages: ${missing[*]}"
        say 'you are not root, and there is no sudo. Have somebody who may do it run:'
        say "    apt-get install --no-install-recommends ${missing[*]}"
        exit 1
    fi
    as_root=(sudo)
    [ -t 0 ] || as_root=(sudo -n) # nobody is there to type a password
    if ! "${as_root[@]}" true; then
        say "missing packages: ${missing[*]}"
        say 'you are not root, and sudo refused. Have somebody who may do it run:'
        say "    apt-get install --no-install-recommends ${missing[*]}"
        exit 1
    fi
fi

say "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y)
if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    say "apt-get could not install: ${missing[*]}"
    exit 1
fi

# Debian starts an archive and a database of its own with these packages, and
# again at each boot. The tests start theirs; nobody asked for one that stays.
for service in orthanc postgresql; do
    case " ${missing[*]} " in
    *" $service "*) ;;
    *) continue ;;
    esac
    if [ -d /run/systemd/system ]; then
        "${as_root[@]}" systemctl disable --now "$service" >"$log" 2>&1 ||
            say "note: the $service service could not be stopped; it may be running"
    elif command -v service >/dev/null; then
        "${as_root[@]}" service "$service" stop >"$log" 2>&1 || true # was not running
    fi
done
