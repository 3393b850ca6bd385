#!/usr/bin/env bash
# Fetches the data that come from npm, which are committed: nothing of it is
# needed to build. The versions are those that internal/attribute/data/README.md
# names, and the file must be the one that was looked at.
set -euo pipefail
cd "$(dirname "$0")/.."

countries='@ip-location-db/geo-whois-asn-country-mmdb@2.3.2026061719'
countries_sha256='c5f7c0e9bd6a6ccb5a2e9634764544a0d08bd0bd8788b8aedfac87bea184c652'

command -v npm >/dev/null || { echo 'make data: npm is missing; apt-get install npm' >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "$countries" >/dev/null && tar xzf ./*.tgz)
echo "$countries_sha256  $work/package/geo-whois-asn-country.mmdb" | sha256sum --check --quiet
install -m 644 "$work/package/geo-whois-asn-country.mmdb" internal/attribute/data/country.mmdb
