#!/bin/bash
# Fetches Debian's kernel headers and merges them into one folder for BCC_KERNEL_SOURCE, because BCC, the peer of the startup
# benchmark, does not run without a header tree and the host may have none. The peer uses tracepoint arguments only, so that
# headers of another kernel than the running one do no harm.
#
# usage: fetch_headers.sh DEST [PACKAGE]      PACKAGE: linux-headers-amd64 (default). Does nothing when DEST is there.
set -euo pipefail
dest=${1:?usage: fetch_headers.sh DEST [PACKAGE]}
package=${2:-linux-headers-amd64}
[ ! -d "$dest" ] || exit 0
real=$(apt-cache depends "$package" | awk '$1 == "Depends:" && $2 ~ /^linux-headers-[0-9]/ {print $2; exit}')
[ -n "$real" ] || { echo "fetch_headers.sh: apt knows no $package" >&2; exit 77; }
both=$(apt-cache depends "$real" | awk '$1 == "Depends:" && $2 ~ /^linux-headers-.*-common$/ {print $2; exit}')
mkdir -p "$(dirname "$dest")"
tmp=$(mktemp -d "$(dirname "$dest")/headers.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
(cd "$tmp" && apt-get download -q "$real" "$both" >apt.log 2>&1) || { tail -n 1 "$tmp/apt.log" >&2; exit 77; }
for deb in "$tmp"/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar x -C "$tmp" ./usr/src; done
cp -a "$tmp/usr/src/$real/." "$tmp/usr/src/$both/"
mv "$tmp/usr/src/$both" "$dest"
