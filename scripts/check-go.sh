#!/usr/bin/env bash
# Ends with a message unless a Go toolchain of at least the version in go.mod
# is there. With the argument "race" it looks for a C compiler as well, which
# the race detector needs.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

wanted=$(sed -n 's/^go //p' go.mod)
if ! command -v go >/dev/null; then
    say "Go is not installed, or not in PATH. Leadglass needs Go $wanted or later: https://go.dev/doc/install"
    exit 1
fi
if ! found=$(go env GOVERSION 2>&1); then
    say "$found"
    say "Leadglass needs Go $wanted or later; the Go that is installed could not fetch it: https://go.dev/doc/install"
    exit 1
fi
found=${found#go}
lowest=$(printf '%s\n%s\n' "$wanted" "${found%%[!0-9.]*}" | sort -V | head -n 1)
if [ "$lowest" != "$wanted" ]; then
    say "Leadglass needs Go $wanted or later; found $found: https://go.dev/doc/install"
    exit 1
fi
if [ "${1:-}" = race ]; then
    cc=$(go env CC)
    if ! command -v "${cc%% *}" >/dev/null; then
        say "The race detector needs a C compiler, and there is no $cc. On Debian: make setup, or apt-get install gcc libc6-dev"
        exit 1
    fi
fi
