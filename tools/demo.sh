#!/usr/bin/env bash
# What `make demo` shows: a real cloud at 2025.1 gets a new control plane at 2026.1 beside the old one, goes back, goes
# forward again for good, and its users notice nothing: ends with an error if one of their requests failed.
# Every line behind `$` is what an operator would type.
set -euo pipefail
cd "$(dirname "$0")/.."

results=${DEMO_RESULTS:-/var/tmp/liftlock-demo}
rm -rf "$results"
mkdir -p "$results"
began=$SECONDS

step() { printf '\n\033[1m── %s\033[0m  (%d:%02d)\n' "$1" $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60)); }
type_() { printf '$ %s\n' "$*"; "$@"; }
bastion() { printf '$ %s\n' "$*"; liftlock lab exec -- "$@"; }

step "A real cloud at 2025.1, on this machine"
type_ liftlock lab down
type_ liftlock lab up --series 2025.1
bastion liftlock lab tenants make --save "$results/before.json"
bastion openstack server list --all-projects
bastion openstack compute service list

step "The new release, built once (a deployer's pipeline would do this)"
type_ liftlock lab release 2026.1 --image control-trixie

step "What stands in the way of 2026.1"
bastion liftlock assess --to 2026.1

step "The plan: a new control plane beside the old one"
bastion liftlock plan --to 2026.1 -o "$results/plan.json"

step "A prober plays the users, from now to the end"
liftlock lab exec -- liftlock probe run --cloud probe --out "$results/probes" >"$results/prober.txt" &
prober=$!
trap 'kill "$prober" 2>/dev/null || true' EXIT
type_ liftlock probe await "$results/probes" --good 300 --calm 10

step "The upgrade, up to the gate behind which nothing goes back"
bastion liftlock approve "$results/plan.json" --gate start
bastion liftlock run "$results/plan.json" --no-wait
bastion liftlock status
bastion liftlock verify

step "A look around: the new release boots servers on the old computes"
bastion openstack versions show --interface public -c "Service Type" -c Version -c "Max Microversion" --status CURRENT
bastion openstack --os-cloud probe server create --wait --image probe-image --flavor probe-flavor --network probe-net \
    -c name -c status -c created made-on-green

step "Back again: no write is lost"
bastion liftlock rollback --because "to show that it can be done"
bastion liftlock verify
bastion openstack --os-cloud probe server show made-on-green -c name -c status -c created
bastion openstack --os-cloud probe server delete --wait made-on-green
bastion liftlock report --probes "$results/probes" --page "$results/report-back.html" -c outcome -c requests_total \
    -c requests_failed -c outage_seconds

step "Forward again, for good"
bastion liftlock plan --to 2026.1 -o "$results/plan-again.json" >"$results/plan-again.txt"
bastion liftlock approve "$results/plan-again.json" --gate start
bastion liftlock run "$results/plan-again.json" --no-wait
bastion liftlock finalize --cloud lab

step "What the users felt"
type_ liftlock probe await "$results/probes" --calm 20
kill -TERM "$prober"
felt=0
wait "$prober" || felt=$?
trap - EXIT
bastion liftlock report --probes "$results/probes" --page "$results/report.html"
bastion liftlock lab tenants compare --saved "$results/before.json"
cat "$results/prober.txt"

step "Done"
echo "The pages: $results/report-back.html $results/report.html"
echo "The lab is still up: \`liftlock lab exec -- liftlock retire\` removes blue's host; \`liftlock lab down\`"
if [ "$felt" -ne 0 ]; then
    echo "Users noticed (the prober ended with code $felt):"
    python tools/failures.py "$results/probes/summary.json"
    exit 1
fi
