#!/bin/bash
# Builds the kernel without BTF (nobtf.config) from Debian's kernel source, for run.sh -k. It takes 12 minutes of CPU time once;
# what is there already, made of the same source and configuration, is kept.
#
# usage: build_kernel.sh DEST [SOURCE-PACKAGE]
#   DEST             gets vmlinux (stripped: an ELF that QEMU starts directly), config, release, lib/modules/<release> with the
#                    headers in build/
#   SOURCE-PACKAGE   linux-source-6.1 (default) or another linux-source package of the configured apt sources
# Prints the kernel's release. Exit status 77, with the reason on standard error, when it cannot be built here. Runs as any user; needs
# 2 GB below TMPDIR.
set -euo pipefail
dest=${1:?usage: build_kernel.sh DEST [SOURCE-PACKAGE]}
package=${2:-linux-source-6.1}
config=$(cd "$(dirname "$0")" && pwd)/nobtf.config
skip() { echo "build_kernel.sh: $*" >&2; exit 77; }
for tool in apt-get apt-cache dpkg-deb make gcc flex bison bc xz cpio; do
  command -v "$tool" >/dev/null || skip "needs $tool"
done

candidate() { apt-cache policy "$package" 2>/dev/null | awk '/Candidate:/ && $2 != "(none)" {print $2}'; }
version=$(candidate)
stamp="$package $(sha256sum <"$config" | cut -c1-16)"
# A kernel of an older source version will do: what it is for does not depend on it.
if [ -s "$dest/release" ] && [ "$(cut -d' ' -f1,3 "$dest/stamp" 2>/dev/null)" = "$stamp" ] && [ -z "${BURIN_KERNEL_UPDATE:-}" ]; then
  cat "$dest/release"
  exit 0
fi
if [ -z "$version" ] && [ "$(id -u)" = 0 ]; then
  apt-get update -q >/dev/null 2>&1 || :
  version=$(candidate)
fi
[ -n "$version" ] || skip "the apt sources have no $package"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
cd "$tmp"
echo "build_kernel.sh: fetching $package $version" >&2
apt-get download -q "$package" >apt.log 2>&1 || skip "apt-get download $package failed: $(tail -n 1 apt.log)"
dpkg-deb --fsys-tarfile ./*.deb | tar x --wildcards -O './usr/src/linux-source-*.tar.xz' | tar xJ
rm -f ./*.deb
cd "$tmp"/linux-source-*/
echo "build_kernel.sh: building (12 minutes of CPU time, once)" >&2
make -s KCONFIG_ALLCONFIG="$config" allnoconfig >/dev/null
make -s -j"${BURIN_JOBS:-$(nproc)}" vmlinux >"$tmp/build.log" 2>&1 || { tail -n 20 "$tmp/build.log" >&2; skip "the kernel could not be built"; }
release=$(make -s kernelrelease)

cd - >/dev/null
mkdir -p "$dest"
rm -rf "${dest:?}"/{lib,vmlinux,config,release,stamp}
mkdir -p "$dest/lib/modules/$release/build"
strip --strip-debug -o "$dest/vmlinux" "$tmp"/linux-source-*/vmlinux
cp "$tmp"/linux-source-*/.config "$dest/config"
# As a headers package has them: what the running kernel carries in kheaders.tar.xz.
tar xJf "$tmp"/linux-source-*/kernel/kheaders_data.tar.xz -C "$dest/lib/modules/$release/build"
echo "$package $version ${stamp#* }" >"$dest/stamp"
echo "$release" | tee "$dest/release"
