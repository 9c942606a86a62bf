"""A service that does nothing until it is told to stop, and a step that refuses."""

import signal

from services.cli.terminal import REFUSED, fail


def refuse() -> None:
    """Say why, as the steps of `camledger up` do."""
    fail(REFUSED, "not started")


if __name__ == "__main__":
    signal.pause()
