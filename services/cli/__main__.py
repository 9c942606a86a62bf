"""``python -m services.cli`` is ``camledger``."""

from services.cli import main

if __name__ == "__main__":
    main()
