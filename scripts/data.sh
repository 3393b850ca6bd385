#!/usr/bin/env bash
# Fetches the data that come from npm, which are committed: nothing of it is
# needed to build. The versions are those that the README.md beside each names,
# and each file must be the one that was looked at.
set -euo pipefail
cd "$(dirname "$0")/.."

countries='@ip-location-db/geo-whois-asn-country-mmdb@2.3.2026061719'
countries_sha256='c5f7c0e9bd6a6ccb5a2e9634764544a0d08bd0bd8788b8aedfac87bea184c652'
names='i18n-iso-countries@7.14.0'
names_sha256='c21aa83e5574bf42435a4e6c3826eb9aae9ccf5c1e09d1725c3f73ae97c165df'
map=(world-atlas@2.0.2 topojson-client@3.1.0 topojson-simplify@3.0.3 d3-geo@3.1.2 i18n-iso-countries@7.14.0)

command -v npm >/dev/null || { echo 'make data: npm is missing; apt-get install npm' >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "$countries" >/dev/null && tar xzf ./*.tgz)
echo "$countries_sha256  $work/package/geo-whois-asn-country.mmdb" | sha256sum --check --quiet
install -m 644 "$work/package/geo-whois-asn-country.mmdb" internal/attribute/data/country.mmdb

# The names of countries for the letters that are not in English, whose names
# are in internal/survey. Of several names of a country the first is taken.
rm -rf "$work"/*
(cd "$work" && npm pack --silent "$names" >/dev/null && tar xzf ./*.tgz)
node -e '
const tables = ["de", "fr", "es", "pt"].map(l => require(process.argv[1] + "/langs/" + l + ".json").countries);
for (const code of Object.keys(tables[0]).sort())
    console.log([code, ...tables.map(t => [t[code]].flat()[0] || "")].join("\t"));
' "$work/package" >"$work/countries.tsv"
echo "$names_sha256  $work/countries.tsv" | sha256sum --check --quiet
install -m 644 "$work/countries.tsv" internal/disclose/data/countries.tsv
install -m 644 "$work/package/LICENSE" internal/disclose/data/LICENSE

# The shapes of the countries for the map in reports.
rm -rf "$work"/*
cp scripts/worldmap.mjs "$work"
(cd "$work" && npm install --silent --no-save --ignore-scripts "${map[@]}" >/dev/null && node worldmap.mjs world.json)
install -m 644 "$work/world.json" internal/report/worldmap/world.json
