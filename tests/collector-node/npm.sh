# SPDX-License-Identifier: GPL-3.0-or-later
# For scripts that need the collector's package, packed, in a project of npm's packages: source it, after `about` says what is not to be had
# without them ("collector-node: not tested"). Nothing is written beside the sources. Exit code 77: something is missing, and what.
collector_source=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../http-bridge/collector-node")

skip() { echo "$about: $1"; exit 77; }

need_node() {
  command -v node >/dev/null || skip "node is missing; packaging/install-deps build installs it"
  command -v npm >/dev/null || skip "npm is missing; packaging/install-deps build installs it"
  node_major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$node_major" -ge "$1" ] || skip "node is $(node --version), and $1 or later is needed"
  unset NODE_OPTIONS GOXEL_TELEMETRY_BRIDGE GOXEL_TELEMETRY_INSTANCE GOXEL_TELEMETRY_TOKEN
}

# copy FROM TO: what is of npm stays, all else is as in the sources.
copy() {
  mkdir -p "$2"
  find "$2" -mindepth 1 -maxdepth 1 ! -name node_modules ! -name fetched -exec rm -rf {} +
  tar -C "$1" --exclude=./node_modules --exclude=./dist -c . | tar -C "$2" -x
}

# In the working folder. npm fetches only what differs from last time.
fetch() {
  cmp -s package-lock.json fetched && return
  rm -f fetched
  if ! npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-timeout=30000 >npm.log 2>&1; then
    npm ping --fetch-retries=0 --fetch-timeout=10000 >/dev/null 2>&1 || skip "npm's registry is out of reach"
    cat npm.log >&2
    exit 1
  fi
  cp package-lock.json fetched
}

# lay_out FOLDER SOURCE NAME: builds and packs the collector in FOLDER/package if it is not as last time, and lays the project SOURCE out in
# FOLDER/NAME with the packages that it needs and with the collector. `tarball` says where that was packed. One at a time in a FOLDER.
lay_out() {
  mkdir -p "$1"
  exec 9>"$1/lock"
  flock 9
  local sources
  sources=$(tar -C "$collector_source" --exclude=./node_modules --exclude=./dist --sort=name --mtime=@0 -c . | sha256sum)
  if [ "$(cat "$1/packed" 2>/dev/null)" != "$sources" ]; then
    rm -f "$1/packed"
    copy "$collector_source" "$1/package"
    cd "$1/package"
    fetch
    npm run --silent build
    npm pack --silent >/dev/null
    echo "$sources" >"$1/packed"
  fi
  tarball=$(echo "$1"/package/*.tgz)

  copy "$2" "$1/$3"
  cd "$1/$3"
  fetch
  # As `npm install TARBALL` would lay it out; npm itself would look at all other packages again.
  rm -rf node_modules/goxel-telemetry-collector
  mkdir -p node_modules/goxel-telemetry-collector
  tar -C node_modules/goxel-telemetry-collector --strip-components=1 -xzf "$tarball"
}
