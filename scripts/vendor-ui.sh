#!/bin/sh
# Fetches the pinned browser libraries and keeps only the files that pages use,
# in internal/web/static/vendor, so that users of Sibai need no Node.
#
#   scripts/vendor-ui.sh            fetch, and fail if the files differ from SHA256SUMS
#   scripts/vendor-ui.sh --update   fetch and write a new SHA256SUMS (after changing a version below)
#   scripts/vendor-ui.sh --check    verify the committed files; needs no network
set -eu

TABLER=1.6.1
HTMX=2.0.11
HTMX_SSE=2.2.4

cd "$(dirname "$0")/.."
dir=internal/web/static/vendor

check() {
	(cd "$1" && sha256sum --check --quiet --strict SHA256SUMS) || {
		echo "vendor-ui: files in $dir differ from SHA256SUMS; run scripts/vendor-ui.sh to restore the pinned ones" >&2
		exit 1
	}
	stray=$(cd "$1" && for f in *; do
		[ "$f" = SHA256SUMS ] || grep -q "  $f\$" SHA256SUMS || echo "$f"
	done)
	[ -z "$stray" ] || {
		echo "vendor-ui: not listed in $dir/SHA256SUMS: $stray; remove it, or add it to scripts/vendor-ui.sh" >&2
		exit 1
	}
}

case "${1-}" in
--check)
	check "$dir"
	exit 0
	;;
'' | --update) ;;
*)
	echo "usage: scripts/vendor-ui.sh [--check | --update]" >&2
	exit 2
	;;
esac

command -v npm >/dev/null || {
	echo "vendor-ui: npm is needed to fetch the packages; install Node.js, or use --check" >&2
	exit 1
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/out"

# take PACKAGE VERSION FILE NAME [FILE NAME]...: copies files out of one package.
take() {
	package=$1 version=$2
	shift 2
	mkdir "$tmp/in"
	tarball=$(npm pack --silent --pack-destination "$tmp/in" "$package@$version")
	tar -xzf "$tmp/in/$tarball" -C "$tmp/in"
	while [ $# -gt 0 ]; do
		cp "$tmp/in/package/$1" "$tmp/out/$2"
		shift 2
	done
	rm -rf "$tmp/in"
}

take @tabler/core $TABLER dist/css/tabler.min.css tabler.min.css
take htmx.org $HTMX dist/htmx.min.js htmx.min.js LICENSE htmx.LICENSE
take htmx-ext-sse $HTMX_SSE dist/sse.min.js htmx-sse.min.js LICENSE htmx-sse.LICENSE
# The source map is not kept, so the pointer to it would only be a 404.
sed -i '/^\/\*# sourceMappingURL=.*\*\/$/d' "$tmp/out/tabler.min.css"
# Tabler's package names its licence (MIT) but does not carry the text.
cp "$dir/tabler.LICENSE" "$tmp/out/tabler.LICENSE"
chmod 644 "$tmp/out/"*

if [ "${1-}" = --update ]; then
	(cd "$tmp/out" && LC_ALL=C sha256sum -- * >SHA256SUMS)
else
	cp "$dir/SHA256SUMS" "$tmp/out/SHA256SUMS"
	check "$tmp/out"
fi
rm -rf "$dir"
mv "$tmp/out" "$dir"
chmod 755 "$dir"
echo "vendor-ui: @tabler/core $TABLER, htmx $HTMX, htmx-ext-sse $HTMX_SSE are in $dir"
