#!/usr/bin/env bash
# Build .venv with the machine's Python and install exactly what requirements/dev.txt locks. pip is enough.
set -euo pipefail
cd "$(dirname "$0")/.."

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'
can_make_venv='import ensurepip, venv'

find_python() {
    local candidate incomplete=""
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        "$candidate" -c "$supported" 2>/dev/null || continue
        if "$candidate" -c "$can_make_venv" 2>/dev/null; then
            echo "$candidate"
            return
        fi
        incomplete="$candidate"
    done
    explain "$incomplete"
    return 1
}

explain() {
    if [ -n "$1" ]; then
        local version
        version="$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
        echo "$1 can't make virtual environments. On Debian or Ubuntu: apt-get install python$version-venv" >&2
    else
        echo "camledger needs Python 3.11, 3.12 or 3.13, and none was found on PATH." >&2
        echo "On Debian or Ubuntu: apt-get install python3 python3-venv. Or name one: make setup PYTHON=/path/to/python3" >&2
    fi
}

if ! .venv/bin/python -c "$supported" 2>/dev/null || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python="$(find_python)"
    echo "Making .venv with $("$python" --version)"
    # An environment that was cut off or whose Python has gone is made afresh.
    "$python" -m venv --clear .venv
fi

lock=requirements/dev.txt
locked="$(grep '^[A-Za-z0-9].*==' "$lock" | grep -vc win32)"

# pip's own account is thousands of lines. A terminal sees one line that counts, a log a line every 25 packages.
told() {
    local live=""
    if [ -t 1 ]; then live=yes; fi
    awk -v live="$live" -v locked="$locked" '
        function megabytes(text) {
            split(text, part, " ")
            return part[1] * (part[2] == "GB" ? 1000 : part[2] == "MB" ? 1 : part[2] == "kB" ? 0.001 : 0.000001)
        }
        function show(line, last) {
            if (live) { printf "\r\033[K  %s%s", line, last ? "\n" : "" } else if (last) { print "  " line }
            fflush()
        }
        function so_far() { return count " of " locked " packages, " int(size + 0.5) " MB fetched" }
        /^Collecting / { ++count; name = $2; sub(/[=<>].*/, "", name); show(so_far() ": " name, count % 25 == 0) }
        /^ *Downloading .*\(.*B\)/ { match($0, /\([0-9.]+ [kMG]?B\)/); size += megabytes(substr($0, RSTART + 1, RLENGTH - 2)) }
        /^Installing collected/ { show(so_far() (size ? "" : ", the rest was here already"), 1); show("unpacking them, about a minute", 1) }
        /^Requirement already/ { ++already }
        /^Successfully installed/ { unpacked = 1 }
        END { if (unpacked) show("done", 1); else if (already) show(already " packages are there already", 1) }'
}

began=$SECONDS
echo "Fetching the $locked packages of $lock, about 290 MB the first time"
# Python compiles what it imports when it first does: compiling everything here would take longer than fetching it.
PYTHONUNBUFFERED=1 .venv/bin/python -m pip install --disable-pip-version-check --no-compile --progress-bar off \
    --require-hashes --requirement "$lock" | told
echo "Installing camledger itself"
# The build backend is in the lock too: nothing is fetched for the project itself.
PYTHONWARNINGS=ignore .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
echo "The environment .venv is ready after $((SECONDS - began)) s"
