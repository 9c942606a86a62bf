"""Loopback ports of a data folder: chosen once, remembered, and chosen again only if somebody else took one."""

import json
import random
import socket
from pathlib import Path

# Below the range from which systems hand out ports for outgoing connections: those would take ours between two runs.
CHOICE = range(20_000, 30_000)
TRIES_MAX = 200


def remembered_ports(file: Path, names: tuple[str, ...]) -> dict[str, int]:
    """Return one free port per name, the same as last time where that is possible."""
    known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    ports: dict[str, int] = {}
    for name in names:
        port = known.get(name)
        ports[name] = port if port is not None and is_free(port) else choose(taken=set(ports.values()))
    file.write_text(json.dumps(ports))
    return ports


def is_free(port: int) -> bool:
    """Whether a server could listen there now. A connection still closing from our last run doesn't count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose(taken: set[int]) -> int:
    """Return a free port that isn't in ``taken``."""
    for port in random.sample(CHOICE, TRIES_MAX):
        if port not in taken and is_free(port):
            return port
    raise OSError(f"no free port found in {TRIES_MAX} tries on the loopback address")
