"""``python -m services.ingest [--role ROLE,...]``: run the service, or some of its roles."""

from __future__ import annotations

import sys

from services.ingest.bootstrap import run
from services.runtime.process import role_from

if __name__ == "__main__":
    sys.exit(run(role_from(sys.argv[1:])))
