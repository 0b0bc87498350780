#!/bin/bash
# The tests of layout sources in a guest whose kernel has no BTF: headers, the kernel's own headers, a pack, discovery, and bare.
#
# usage: without_btf.sh BIN-DIR
set -euo pipefail
bin=$(realpath "${1:?usage: without_btf.sh BIN-DIR}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BURIN_VM_KERNEL=nobtf exec "$here/run_e2e.sh" "$bin" /usr/bin/python3 -B "$here/../e2e/run_all.py" layouts demo
