#!/usr/bin/env bash
# Runs every fuzz target for the number of seconds given as the argument.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:?usage: scripts/fuzz.sh SECONDS}
found=0
for package in $(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -r -n 1 dirname | sort -u); do
    for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
        found=$((found + 1))
        printf '%s %s\n' "$package" "$target"
        go test -run '^$' -fuzz "^$target\$" -fuzzminimizetime 1x -fuzztime "${seconds}s" "$package" | tail -n 3
    done
done
printf '%d fuzz targets, %s s each\n' "$found" "$seconds"
