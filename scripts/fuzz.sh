#!/usr/bin/env bash
# Runs every fuzz target of the tree for the given time, one after the other.
set -euo pipefail
for file in $(grep -rl '^func Fuzz' --include='*_test.go' internal test | sort); do
  for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$file"); do
    echo "== $target ($(dirname "$file"))"
    go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$1"
  done
done
