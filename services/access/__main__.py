"""Runs access: ``python -m services.access [role]``."""

from __future__ import annotations

import sys

from services.access.bootstrap import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "all"))
