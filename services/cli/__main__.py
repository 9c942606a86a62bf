"""``python -m services.cli`` is ``camledger``."""

from services.cli import main

main()
