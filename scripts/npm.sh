#!/usr/bin/env bash
# Puts the web servers and the pages of viewers that the tests take from npm into a
# directory of their own outside the repository, pinned by version. Does nothing,
# quickly, when all of them are there.
set -euo pipefail

servers=(serve@14.2.7 http-server@14.1.1)
viewer=@ohif/app@3.13.2 # 50 MB, of which two files are kept

dir=${LEADGLASS_NPM:-${XDG_CACHE_HOME:-$HOME/.cache}/leadglass/npm}
wanted="${servers[*]} $viewer"
[ "$(cat "$dir/versions" 2>/dev/null || true)" != "$wanted" ] || exit 0
command -v npm >/dev/null || "$(dirname "$0")/setup.sh" nodejs npm

echo "setup: fetching $wanted from npm" >&2
rm -rf "$dir"
mkdir -p "$dir/ohif"
cd "$dir"
npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$dir" "${servers[@]}" >/dev/null
npm pack --silent "$viewer" >/dev/null
tar -xzf ./*.tgz -C ohif --strip-components=2 package/dist/index.html package/dist/app-config.js
rm -f ./*.tgz
echo "$wanted" >versions
