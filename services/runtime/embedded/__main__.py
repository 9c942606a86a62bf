"""``python -m services.runtime.embedded --data DIR``: broker and database alone, addresses as JSON, until Ctrl-C."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from services.runtime.embedded import EmbeddedError, Stack
from services.runtime.embedded.jars import kafka_jars

CHECK_SECONDS = 1.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.runtime.embedded", description=__doc__)
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--data", type=Path, help="the folder that keeps both between runs")
    wanted.add_argument("--prefetch", action="store_true", help="only fetch Kafka's jars, for the first start")
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    chosen = parser.parse_args()
    try:
        return prefetch() if chosen.prefetch else run(chosen.data, stop)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 3


def prefetch() -> int:
    """Fill the cache."""
    kafka_jars()
    return 0


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
