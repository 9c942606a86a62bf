"""``python -m services.analytics [--role ROLE,...]``: run the service, or some of its roles."""

from __future__ import annotations

import sys

from services.analytics.bootstrap import main
from services.runtime.process import role_from

if __name__ == "__main__":
    sys.exit(main(role_from(sys.argv[1:])))
