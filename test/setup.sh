#!/usr/bin/env bash
# Installs what the tests use beside Go: SIPp, baresip, PostgreSQL, Kamailio, Chromium and
# its Chinese fonts, pdftotext, from Debian, and axe-core from npm. Does nothing when all is there. Without apt
# each missing part gets one loud line and its tests are skipped; with CI=true a
# missing part is an error.
set -euo pipefail

# What shows that a part is there, and the package that brings it.
parts=(
  "sipp:sip-tester"
  "baresip:baresip-core"
  "/usr/lib/postgresql/15/bin/initdb:postgresql-15"
  "kamailio:kamailio"
  "/usr/lib/*/kamailio/modules/json.so:kamailio-json-modules"
  "/usr/lib/*/kamailio/modules/http_client.so:kamailio-utils-modules"
  "chromium:chromium"
  "pdftotext:poppler-utils"
  "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc:fonts-noto-cjk"
)

present() {
  case $1 in
    /*) compgen -G "$1" >/dev/null ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

missing() {
  local part
  for part in "${parts[@]}"; do
    present "${part%%:*}" || echo "${part##*:}"
  done
}

# as_root runs a command as root, or fails where there is no way to.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    echo "setup: $1 needs root and there is no sudo" >&2
    return 1
  fi
}

# axe-core (MPL-2.0) looks for faults of accessibility on the pages. It is used by tests
# alone and kept outside of the repository.
axe_version=4.14.1
axe_sum=29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c
axe=${XDG_CACHE_HOME:-$HOME/.cache}/sibai-tools/axe-core-$axe_version.js

fetch_axe() {
  [ -f "$axe" ] && return 0
  command -v npm >/dev/null 2>&1 || return 1
  local dir
  dir=$(mktemp -d)
  (cd "$dir" && npm pack --silent "axe-core@$axe_version" >/dev/null && tar xzf ./*.tgz package/axe.min.js &&
    echo "$axe_sum  package/axe.min.js" | sha256sum --check --quiet &&
    mkdir -p "$(dirname "$axe")" && mv package/axe.min.js "$axe") && local rc=0 || local rc=1
  rm -rf "$dir"
  return $rc
}

if ! fetch_axe; then
  echo "setup: MISSING, ITS TESTS ARE SKIPPED: axe-core (needs npm and its registry)" >&2
  [ "${CI:-}" != true ] || exit 1
fi

mapfile -t packages < <(missing)
if [ ${#packages[@]} -eq 0 ]; then
  echo "setup: everything that the tests use is installed"
  exit 0
fi

if command -v apt-get >/dev/null 2>&1; then
  echo "setup: installing ${packages[*]} with apt-get"
  as_root apt-get update -q || echo "setup: the package lists could not be brought up to date" >&2
  # One by one when all at once fails, so that one lost package costs one part.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}" ||
    for package in "${packages[@]}"; do
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$package" || true
    done
  mapfile -t packages < <(missing)
fi

for package in "${packages[@]}"; do
  echo "setup: MISSING, ITS TESTS ARE SKIPPED: $package (install it by hand)" >&2
done
if [ ${#packages[@]} -gt 0 ] && [ "${CI:-}" = true ]; then
  echo "setup: CI=true: a missing part is a failure" >&2
  exit 1
fi
exit 0
