#!/usr/bin/env bash
# Make the development environment on a machine where nothing was installed by hand; harmless to repeat.
# Everything else a lab needs (apt packages, images, releases) `liftlock lab up` installs itself.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v uv >/dev/null; then
    if ! python3 -m pip --version >/dev/null 2>&1; then
        apt-get update -qq && apt-get install -y -qq python3-pip
    fi
    PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --quiet --root-user-action=ignore uv
    hash -r
fi

# Servers that tests start themselves, on ports of their own; installing must not start them on the usual ones.
missing=()
for pair in mariadbd:mariadb-server rabbitmq-server:rabbitmq-server haproxy:haproxy socat:socat zstd:zstd ssh-keygen:openssh-client; do
    PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
command -v mariadb-backup >/dev/null || missing+=(mariadb-backup)
if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ]; then
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

stamp=.venv/.made-from
wanted=$(cat requirements/dev.txt pyproject.toml | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    uv venv --quiet --allow-existing .venv
    uv pip sync --quiet --require-hashes requirements/dev.txt
    uv pip install --quiet --no-deps --no-build-isolation --editable .
    echo "$wanted" >"$stamp"
fi
