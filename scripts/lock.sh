#!/usr/bin/env bash
# Resolve afresh for Python 3.11 to 3.13 on every platform: exact versions with hashes, and no address of any index.
# With --keep only what is new in pyproject.toml is resolved; what is pinned stays.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }

upgrade=(--upgrade)
[ "${1:-}" = --keep ] && upgrade=()

compile() {
    local output="$1"
    shift
    uv pip compile --quiet "${upgrade[@]}" --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --custom-compile-command "make lock" "$@" --output-file "$output" pyproject.toml
    echo "$output: $(grep -c == "$output") packages"
}

compile requirements/runtime.txt
compile requirements/dev.txt --extra dev --constraint requirements/runtime.txt
