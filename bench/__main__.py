"""``python -m bench [names]``: runs every benchmark, or those named, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

ALL = ("sweep", "live", "hold", "needle", "idle", "simulation", "viewing")


def main(names: list[str]) -> int:
    """Return 0 when every one ran to its end."""
    codes = [subprocess.call([sys.executable, "-m", f"bench.{name}"]) for name in names or ALL]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
