"""``python -m services.analytics [role]``: the service's process."""

from __future__ import annotations

import sys

from services.analytics.bootstrap import main

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
