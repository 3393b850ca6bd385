#!/usr/bin/env bash
# Fetches the data that come from npm, which are committed: nothing of it is
# needed to build. The versions are those that the README.md beside each of the
# files names.
set -euo pipefail
cd "$(dirname "$0")/.."

countries='@ip-location-db/geo-whois-asn-country-mmdb@2.3.2026061719'
map=(world-atlas@2.0.2 topojson-client@3.1.0 topojson-simplify@3.0.3 d3-geo@3.1.2 i18n-iso-countries@7.14.0)

command -v npm >/dev/null || { echo 'make data: npm is missing; apt-get install npm' >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "$countries" >/dev/null && tar xzf ./*.tgz)
install -m 644 "$work/package/geo-whois-asn-country.mmdb" internal/attribute/data/country.mmdb

cp scripts/worldmap.mjs "$work"
(cd "$work" && npm install --silent --no-save --ignore-scripts "${map[@]}" >/dev/null && node worldmap.mjs world.json)
install -m 644 "$work/world.json" internal/report/worldmap/world.json
