#!/usr/bin/env bash
# Runs golangci-lint of the given version, building it once into the Go cache's
# neighbourhood: it is a tool, not a dependency of the program.
set -euo pipefail
version=$1
dir="${XDG_CACHE_HOME:-$HOME/.cache}/sibai-tools/golangci-lint-$version"
if [ ! -x "$dir/golangci-lint" ]; then
  echo "building golangci-lint $version (once)"
  GOBIN="$dir" GOFLAGS= go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$version"
fi
exec "$dir/golangci-lint" run ./...
