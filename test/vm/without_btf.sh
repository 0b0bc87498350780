#!/bin/bash
# The tests of layout sources in a guest whose kernel has no BTF: headers, the kernel's own headers, a pack, discovery, and bare.
#
# usage: without_btf.sh BIN-DIR
set -euo pipefail
bin=$(realpath "${1:?usage: without_btf.sh BIN-DIR}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2016 # expanded in the guest
BURIN_VM_KERNEL=nobtf exec "$here/run_e2e.sh" "$bin" bash -c '
  status=0
  echo "--- live_headers"
  "$1/live_headers" || { echo "--- live_headers: FAILED ($?)"; status=1; }
  /usr/bin/python3 -B "$2/run_all.py" layouts demo || status=1
  exit "$status"' without_btf "$bin" "$here/../e2e"
