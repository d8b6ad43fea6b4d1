#!/usr/bin/env bash
# Installs what the tests use beside Go: SIPp, baresip, PostgreSQL, Kamailio, Chromium and
# its Chinese fonts, pdftotext, from Debian. Does nothing when all is there. Without apt
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
