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

stamp=.venv/.made-from
wanted=$(cat requirements/dev.txt pyproject.toml | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    uv venv --quiet --allow-existing .venv
    uv pip sync --quiet --require-hashes requirements/dev.txt
    uv pip install --quiet --no-deps --no-build-isolation --editable .
    echo "$wanted" >"$stamp"
fi
