#!/usr/bin/env bash
# What `make demo` shows: a real cloud at 2025.1, upgraded to 2026.1 by the book, and what its users felt.
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
type_ liftlock lab release 2026.1

step "What stands in the way of 2026.1"
bastion liftlock assess --to 2026.1

step "The plan"
bastion liftlock plan --to 2026.1 --strategy in_place -o "$results/plan.json"

step "The upgrade, while a prober plays the users"
liftlock lab exec -- liftlock probe run --cloud probe --out "$results/probes" &
prober=$!
trap 'kill "$prober" 2>/dev/null || true' EXIT
type_ liftlock probe await "$results/probes" --good 300 --calm 10
bastion liftlock approve "$results/plan.json" --gate start
bastion liftlock run "$results/plan.json"
bastion liftlock verify

step "What the users felt"
type_ liftlock probe await "$results/probes" --calm 20
kill -TERM "$prober"
wait "$prober" || true
trap - EXIT
bastion liftlock report --probes "$results/probes" --page "$results/report.html"
bastion liftlock lab tenants compare --saved "$results/before.json"
bastion openstack versions show --interface public -c "Service Type" -c Version -c Status --status CURRENT

step "Done"
echo "The page: $results/report.html   The lab is still up: \`liftlock lab exec -- openstack server list\`, \`liftlock lab down\`"
