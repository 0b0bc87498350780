#!/bin/bash
# Fetches a Debian kernel package and unpacks it (it is not installed) so that run.sh can boot it in a guest. It exists
# because kprobes, which the tracer prefers, are missing on some build machines: the guest has them.
#
# usage: fetch_kernel.sh DEST [PACKAGE]
#   DEST      gets vmlinux (an ELF that QEMU starts directly), config, release, lib/modules/<release>
#   PACKAGE   linux-image-amd64 (default) or any other linux-image package of the configured apt sources
# Prints the kernel's release. Does nothing when DEST has it already and BURIN_KERNEL_UPDATE is not set.
# Exit status 77, with the reason on standard error, when the package cannot be had. Runs as any user.
set -euo pipefail
dest=${1:?usage: fetch_kernel.sh DEST [PACKAGE]}
package=${2:-linux-image-amd64}

if [ -s "$dest/release" ] && [ -s "$dest/vmlinux" ] && [ -z "${BURIN_KERNEL_UPDATE:-}" ]; then
  cat "$dest/release"
  exit 0
fi
skip() { echo "fetch_kernel.sh: $*" >&2; exit 77; }
for tool in apt-get apt-cache dpkg-deb depmod; do
  command -v "$tool" >/dev/null || skip "needs $tool"
done

# The meta package depends on exactly one linux-image-<release>.
resolve() { apt-cache depends "$package" 2>/dev/null | awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ {print $2; exit}'; }
real=$(resolve)
if [ -z "$real" ] && [ "$(id -u)" = 0 ]; then
  apt-get update -q >/dev/null 2>&1 || skip "apt-get update failed and $package is unknown"
  real=$(resolve)
fi
real=${real:-$package}
release=${real#linux-image-}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
download() { (cd "$tmp" && apt-get download -q "$real" >apt.log 2>&1); }
echo "fetch_kernel.sh: fetching $real" >&2
if ! download; then
  # The package lists may be older than the archive.
  [ "$(id -u)" = 0 ] && apt-get update -q >/dev/null 2>&1 || :
  download || skip "apt-get download $real failed: $(tail -n 1 "$tmp/apt.log")"
fi

mkdir -p "$tmp/root"
dpkg-deb -x "$tmp"/*.deb "$tmp/root"
# vmlinuz unpacks itself slowly under emulation; the ELF inside it boots directly (CONFIG_PVH). Offsets are those of the
# x86 boot protocol: setup_sects at 497, payload_offset at 584, payload_length at 588.
z=$tmp/root/boot/vmlinuz-$release
number() { od -An -tu"$2" -j"$1" -N"$2" "$z" | tr -d ' '; }
offset=$((($(number 497 1) + 1) * 512 + $(number 584 4)))
length=$(number 588 4)
tail -c +$((offset + 1)) "$z" | head -c $((length - 4)) >"$tmp/payload" || :
case $(od -An -tx1 -N4 "$tmp/payload" | tr -d ' ') in
  fd377a58) unpack=(xz -dc --single-stream) ;;
  1f8b*) unpack=(gzip -dc) ;;
  02214c18) unpack=(lz4 -dc) ;;
  28b52ffd) unpack=(zstd -dc) ;;
  *) skip "vmlinuz-$release has a payload of unknown compression" ;;
esac
command -v "${unpack[0]}" >/dev/null || skip "needs ${unpack[0]}"
# The decompressors complain about the four bytes cut off at the end, but write everything.
"${unpack[@]}" <"$tmp/payload" >"$tmp/vmlinux" 2>/dev/null || :
[ "$(head -c 4 "$tmp/vmlinux" | od -An -c | tr -d ' ')" = '177ELF' ] || skip "vmlinuz-$release holds no ELF"

mkdir -p "$dest"
rm -rf "${dest:?}"/{lib,vmlinux,config,release}
mv "$tmp/root/lib" "$dest/lib"
mv "$tmp/vmlinux" "$dest/vmlinux"
mv "$tmp/root/boot/config-$release" "$dest/config"
depmod -b "$dest" "$release"
echo "$release" | tee "$dest/release"
