"""``python -m services.ingest [role]``: run the service, or one role of it."""

from __future__ import annotations

import sys

from services.ingest.bootstrap import run


def main(role: str = "all") -> int:
    """Run the service until it is told to stop."""
    return run(role)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
