"""``python -m services.runtime.embedded --data DIR``: broker and database alone, addresses as JSON, until Ctrl-C."""

import argparse
import json
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from services.runtime.embedded import EmbeddedError, Stack
from services.runtime.embedded.jars import kafka_jars
from services.runtime.embedded.training import train

CHECK_SECONDS = 1.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.runtime.embedded", description=__doc__)
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--data", type=Path, help="the folder that keeps both between runs")
    wanted.add_argument(
        "--prefetch", action="store_true", help="only fetch Kafka's jars and prepare Java for the first start"
    )
    chosen = parser.parse_args()
    # Both signals unwind the stack, also in the middle of a start or a download.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return prefetch() if chosen.prefetch else run(chosen.data)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 3


def prefetch() -> int:
    """Fill the cache. 130 if it was cut off: the next run goes on from there."""
    try:
        kafka_jars()
        train()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def run(folder: Path) -> int:
    """Serve until a signal comes (0) or one of both has ended by itself (3)."""
    with suppress(KeyboardInterrupt), Stack(folder) as stack:
        print(json.dumps({"kafka": stack.bootstrap_servers, "database": stack.dsn, "pids": stack.pids()}), flush=True)
        while (ended := stack.ended()) is None:
            time.sleep(CHECK_SECONDS)
        print(f"{ended} has ended by itself; its log is in {folder}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
