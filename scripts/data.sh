#!/usr/bin/env bash
# Fetches the data that come from npm, which are committed: nothing of it is
# needed to build. The versions are those that internal/attribute/data/README.md
# names.
set -euo pipefail
cd "$(dirname "$0")/.."

countries='@ip-location-db/geo-whois-asn-country-mmdb@2.3.2026061719'

command -v npm >/dev/null || { echo 'make data: npm is missing; apt-get install npm' >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "$countries" >/dev/null && tar xzf ./*.tgz)
install -m 644 "$work/package/geo-whois-asn-country.mmdb" internal/attribute/data/country.mmdb
