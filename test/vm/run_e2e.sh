#!/bin/bash
# The end-to-end tests (and the live test of kprobes) under Debian's own kernel, in one boot of a guest: there tcp_connect comes
# from the kprobe, and the same tests must pass with the same JSON. Emulated, so everything is slow: time limits are scaled.
#
# usage: run_e2e.sh BIN-DIR [COMMAND [ARG...]]    without COMMAND: guest_tests.sh
# Exit status 77, with the reason, when QEMU or the kernel cannot be had. BURIN_CACHE holds the kernel;
# BURIN_VM_KERNEL names another linux-image package, or is "nobtf": the kernel without BTF that build_kernel.sh makes (12 minutes of CPU
# time, once); BURIN_VM_CGROUP=v1 mounts the old cgroup hierarchies; BURIN_VM_TIMEOUT is the limit in seconds (3300).
set -euo pipefail
bin=$(realpath "${1:?usage: run_e2e.sh BIN-DIR [COMMAND...]}")
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(realpath "$here/../..")
package=${BURIN_VM_KERNEL:-linux-image-amd64}
cache=${BURIN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/burin}
kernel=$cache/kernels/$package

mkdir -p "$cache/kernels"
get=("$here/fetch_kernel.sh" "$kernel" "$package")
[ "$package" != nobtf ] || get=("$here/build_kernel.sh" "$kernel")
# Several guests may start at the same time: one of them gets the kernel.
exec 9>"$kernel.lock"
flock 9
release=$("${get[@]}" 2>"$kernel.log") || { echo "SKIP: no guest kernel: $(tail -n 1 "$kernel.log")"; exit 77; }
flock -u 9
exec 9>&-
echo "guest kernel $release"
[ $# -gt 0 ] || set -- "$here/guest_tests.sh" "$bin"
status=0
# An emulated CPU is 20 times slower, both when it compiles and when it forks.
"$here/run.sh" -k "$kernel" -t "${BURIN_VM_TIMEOUT:-3300}" -c 2 -m 2G -g "${BURIN_VM_CGROUP:-v2}" -b "$root" -b "$bin" \
  -e "BURIN_BIN_DIR=$bin" -e "BURIN_TIME_SCALE=${BURIN_TIME_SCALE:-20}" -e "BURIN_EXPECT_RUNG=${BURIN_EXPECT_RUNG-kprobe}" \
  -e "BURIN_REQUIRE=${BURIN_REQUIRE:-}" -- "$@" || status=$?
[ "$status" != 77 ] || echo "SKIP: QEMU or one of its tools is missing"
exit "$status"
