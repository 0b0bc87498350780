#!/bin/bash
# Runs one command in a throw-away QEMU guest that sees this machine's own root file system (shared read-only by 9p; what
# the guest writes goes to an overlay in its memory and is lost). The command's output comes out here and its exit status
# is this script's. So what was built here is tested under another kernel without making a disk image.
#
# usage: run.sh -k KERNELDIR [options] -- COMMAND [ARG...]
#   -k DIR    folder made by fetch_kernel.sh      -c N     virtual CPUs (2)
#   -m SIZE   guest memory (2G)                   -t SECS  give up after SECS (300): exit status 124
#   -b DIR    share DIR read-only at the same path even if it lies on a file system that the guest replaces (/tmp, /run)
#   -w DIR    share DIR read-write at the same path
#   -e V=X    set an environment variable for the command
#   -g v1     mount the cgroup hierarchies of version 1 instead of version 2
#   -v        show the guest kernel's console on standard error
# -b, -w and -e may be given again. Exit status 77: QEMU or another tool is missing; 124: timed out; 125: the guest ended
# without a result (the end of its console is shown). BURIN_VM_ACCEL=kvm uses hardware virtualization where there is one.
set -euo pipefail
kernel='' memory=2G cpus=2 limit=300 verbose=0
cgroup=v2 ro=() rw=() vars=()
usage() { sed -n '6,15p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2; }
while getopts 'k:m:c:t:b:w:e:g:v' option; do
  case $option in
    k) kernel=$(realpath "$OPTARG") ;;
    m) memory=$OPTARG ;;
    c) cpus=$OPTARG ;;
    t) limit=$OPTARG ;;
    b) ro+=("$(realpath "$OPTARG")") ;;
    w) rw+=("$(realpath "$OPTARG")") ;;
    e) vars+=("$OPTARG") ;;
    g) cgroup=$OPTARG ;;
    v) verbose=1 ;;
    *) usage ;;
  esac
done
shift $((OPTIND - 1))
[ -n "$kernel" ] && [ $# -gt 0 ] || usage
for tool in qemu-system-x86_64 busybox modprobe cpio; do
  command -v "$tool" >/dev/null || { echo "run.sh: needs $tool" >&2; exit 77; }
done

here=$(cd "$(dirname "$0")" && pwd)
release=$(cat "$kernel/release")
work=$(mktemp -d "${TMPDIR:-/tmp}/burin-vm.XXXXXX")
children=()
cleanup() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || :; done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# --- initramfs: busybox, the modules that mount the root, guest_init.sh, and what it has to do
ir=$work/initramfs
mkdir -p "$ir"/{bin,mod,dev,proc,sys,new,lower,upper}
cp "$(command -v busybox)" "$ir/bin/busybox"
for module in virtio_pci virtio_console virtio_rng overlay 9pnet_virtio 9p; do
  modprobe -d "$kernel" -S "$release" --show-depends "$module" 2>/dev/null || :
done | awk '$1 == "insmod" && !seen[$2]++ {print $2}' >"$work/modules"
n=100
while read -r file; do
  cp "$file" "$ir/mod/$n.ko"
  n=$((n + 1))
done <"$work/modules"
cp "$here/guest_init.sh" "$ir/init"
printf 'RELEASE=%q\nCGROUP=%q\nRO=%q\nRW=%q\n' "$release" "$cgroup" "${ro[*]:-}" "${rw[*]:-}" >"$ir/conf"
{
  echo '#!/bin/bash'
  for variable in "${vars[@]}"; do printf 'export %q\n' "$variable"; done
  printf 'cd %q 2>/dev/null || cd /\n' "$PWD"
  printf '%q ' "$@"
  echo
} >"$ir/command"
chmod 755 "$ir/init" "$ir/command"
(cd "$ir" && find . | cpio -o -H newc --quiet) | gzip -1 >"$work/initramfs.gz"

# --- QEMU. transparent_hugepage=always is what counts for speed under emulation (a compile takes half the time).
accel=${BURIN_VM_ACCEL:-tcg}
[ "$accel" = kvm ] && cpu=host || cpu=max
command_line="console=ttyS0 rdinit=/init panic=-1 oops=panic quiet loglevel=4 random.trust_cpu=on nokaslr"
command_line+=" mitigations=off transparent_hugepage=always apparmor=0"
q=(-accel "$accel" -cpu "$cpu" -smp "$cpus" -m "$memory" -nodefaults -no-user-config -display none -no-reboot
  -kernel "$kernel/vmlinux" -initrd "$work/initramfs.gz" -append "$command_line"
  -serial "file:$work/console" -device virtio-rng-pci -device virtio-serial-pci
  -chardev "file,id=out,path=$work/out" -device virtserialport,chardev=out,name=burin.out
  -chardev "file,id=status,path=$work/status" -device virtserialport,chardev=status,name=burin.status)
share() {
  q+=(-fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap$3" -device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}
share rootfs / ,readonly=on
share modules "$kernel/lib/modules/$release" ,readonly=on
n=0; for dir in "${ro[@]}"; do share "ro$n" "$dir" ,readonly=on; n=$((n + 1)); done
n=0; for dir in "${rw[@]}"; do share "rw$n" "$dir" ''; n=$((n + 1)); done

: >"$work/out"
: >"$work/console"
timeout -k 5 "$limit" qemu-system-x86_64 "${q[@]}" </dev/null >"$work/qemu.log" 2>&1 &
qemu=$!
children+=("$qemu")
tail -c +1 -f --pid="$qemu" -s 0.1 "$work/out" &
follower=$!
children+=("$follower")
if [ "$verbose" = 1 ]; then
  tail -c +1 -f --pid="$qemu" -s 0.2 "$work/console" >&2 &
  children+=($!)
fi
ended=0
wait "$qemu" || ended=$?
wait "$follower" || :
cat "$work/qemu.log" >&2
if [ "$ended" = 124 ] || [ "$ended" = 137 ]; then
  echo "run.sh: no end after $limit s; the console's last lines:" >&2
  tail -n 5 "$work/console" >&2
  exit 124
fi
status=$(cat "$work/status" 2>/dev/null || :)
if [ -z "$status" ]; then
  echo "run.sh: the guest ended without a result; the console's last lines:" >&2
  tail -n 20 "$work/console" >&2
  exit 125
fi
exit "$status"
