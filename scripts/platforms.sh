#!/usr/bin/env bash
# Builds the program for every platform that releases are made for, and keeps
# nothing. With names as arguments (os/architecture) for these alone.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- linux/amd64 linux/arm64 windows/amd64 windows/arm64 darwin/amd64 darwin/arm64 freebsd/amd64 freebsd/arm64
for platform; do
    GOOS=${platform%/*} GOARCH=${platform#*/} go build -o /dev/null ./cmd/leadglass || {
        printf 'the program does not build for %s\n' "$platform" >&2
        exit 1
    }
done
