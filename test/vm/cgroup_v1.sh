#!/bin/bash
# Debian's kernel with the cgroup hierarchies of version 1 and no version 2: processes and connections, and the same with the kernel's
# BTF, its modules' folder and the sources' folder hidden in turn.
#
# usage: cgroup_v1.sh BIN-DIR
set -euo pipefail
bin=$(realpath "${1:?usage: cgroup_v1.sh BIN-DIR}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BURIN_VM_CGROUP=v1 exec "$here/run_e2e.sh" "$bin" /usr/bin/python3 -B "$here/../e2e/run_all.py" hidden exec_exit connects
