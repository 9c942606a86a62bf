"""``python -m services.retention [role]``."""

from __future__ import annotations

import sys

from services.retention.bootstrap import main

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
