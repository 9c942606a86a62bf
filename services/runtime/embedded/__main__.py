"""``python -m services.runtime.embedded --data DIR``: broker and database alone, addresses as JSON, until Ctrl-C."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from services.runtime.embedded import EmbeddedError, Stack

CHECK_SECONDS = 1.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.runtime.embedded", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that keeps both between runs")
    stop = threading.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda *_: stop.set())
    try:
        return run(parser.parse_args().data, stop)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 3


def run(folder: Path, stop: threading.Event) -> int:
    """Serve until ``stop`` is set (0) or one of both has ended by itself (3)."""
    with Stack(folder) as stack:
        print(json.dumps({"kafka": stack.bootstrap_servers, "database": stack.dsn, "pids": stack.pids()}), flush=True)
        while not stop.wait(CHECK_SECONDS):
            if ended := stack.ended():
                print(f"{ended} has ended by itself; its log is in {folder}", file=sys.stderr)
                return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
