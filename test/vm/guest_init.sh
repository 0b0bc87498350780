#!/bin/busybox sh
# The guest's first process (see run.sh): mounts the host's root read-only with an overlay in memory, the kernel file
# systems a tracer needs, and the extra shares; then runs /command with its output on a virtio port and powers off.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
. /conf
for module in /mod/*.ko; do [ -f "$module" ] && insmod "$module"; done
P9="trans=virtio,version=9p2000.L,msize=512000"
die() {
  echo "guest: $*" >/dev/console
  poweroff -f
}
mount -t 9p -o ro,cache=loose,$P9 rootfs /lower || die "no root share"
mount -t tmpfs -o size=75%,mode=755 tmpfs /upper
mkdir /upper/data /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work overlay /new || die "no overlay"

N=/new
mkdir -p $N/proc $N/sys $N/dev $N/run $N/tmp
mount -t proc proc $N/proc
mount -t sysfs sys $N/sys
mount -t devtmpfs dev $N/dev
mkdir -p $N/dev/pts $N/dev/shm
mount -t devpts -o ptmxmode=666 devpts $N/dev/pts
mount -t tmpfs -o mode=1777 shm $N/dev/shm
mount -t tracefs tracefs $N/sys/kernel/tracing 2>/dev/null
mount -t bpf bpf $N/sys/fs/bpf 2>/dev/null
if [ "$CGROUP" = v1 ]; then
  # As on hosts of before 2019: every controller a hierarchy of its own, version 2 nowhere.
  mount -t tmpfs -o mode=755 tmpfs $N/sys/fs/cgroup
  for controller in cpu,cpuacct cpuset memory devices freezer blkio pids; do
    mkdir -p $N/sys/fs/cgroup/$controller
    mount -t cgroup -o $controller cgroup $N/sys/fs/cgroup/$controller || echo "no cgroup controller $controller"
  done
  mkdir -p $N/sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup $N/sys/fs/cgroup/systemd
else
  mount -t cgroup2 cgroup2 $N/sys/fs/cgroup 2>/dev/null
fi
mount -t tmpfs -o mode=755 run $N/run
mount -t tmpfs -o mode=1777 tmp $N/tmp
mkdir -p $N/lib/modules/$RELEASE
mount -t 9p -o ro,cache=loose,$P9 modules $N/lib/modules/$RELEASE || die "no modules share"
n=0
for dir in $RO; do
  mkdir -p $N$dir
  mount -t 9p -o ro,cache=loose,$P9 ro$n $N$dir || die "no share $dir"
  n=$((n + 1))
done
n=0
for dir in $RW; do
  mkdir -p $N$dir
  mount -t 9p -o rw,cache=none,access=any,$P9 rw$n $N$dir || die "no share $dir"
  n=$((n + 1))
done
ip link set lo up
hostname burin-guest

port() {
  for p in /sys/class/virtio-ports/*; do
    [ "$(cat $p/name)" = "$1" ] && echo /dev/${p##*/}
  done
}
OUT=$(port burin.out)
STATUS=$(port burin.status)
mkdir -p $N/run/burin-guest
cp /bin/busybox $N/run/burin-guest/busybox
cp /command $N/run/burin-guest/command
cat >$N/run/burin-guest/init <<END
#!/run/burin-guest/busybox sh
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb
B=/run/burin-guest/busybox
\$B setsid /run/burin-guest/command >$OUT 2>&1 </dev/null
echo \$? >$STATUS
\$B sync
\$B poweroff -f
END
chmod 755 $N/run/burin-guest/init
for m in dev sys proc; do umount -l /$m 2>/dev/null; done
# switch_root (not chroot), so that the kernel finds /sbin/modprobe when it wants a module
exec switch_root $N /run/burin-guest/init
