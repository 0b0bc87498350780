#!/bin/bash
# What the vm test runs inside the guest: the live tests that need kprobes, then every end-to-end test. Exit status 1 when one
# fails; in here nothing may be skipped for want of kprobes.
#
# usage: guest_tests.sh BIN-DIR
set -uo pipefail
status=0
echo "--- live_kernel_probes"
"$1/live_kernel_probes" || { echo "--- live_kernel_probes: FAILED ($?)"; status=1; }
echo "--- live_discovery"
BURIN_DISCOVERY_ROUNDS=3 "$1/live_discovery" || { echo "--- live_discovery: FAILED ($?)"; status=1; }
/usr/bin/python3 -B "$(dirname "$0")/../e2e/run_all.py" || status=1
exit "$status"
