"""What every benchmark prints beside its figures: machine, load average, versions; people read lines, programs JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from statistics import median
from typing import Any

PACKAGES = ("confluent-kafka", "asyncpg", "sqlalchemy", "fastavro", "faust-streaming")


def machine() -> dict[str, Any]:
    """Return where and under what load the figures were taken."""
    return {
        "cores": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median and range of one figure over the rounds."""
    return {"median": round(median(values), 3), "least": round(min(values), 3), "most": round(max(values), 3)}


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that ``share`` of the values don't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def tell(title: str, lines: Sequence[str], figures: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the result, as lines or as one JSON object."""
    if as_json:
        print(json.dumps({"benchmark": title, **figures, "machine": machine()}))
        return
    found = machine()
    print(f"\n{title}")
    for line in lines:
        print(f"  {line}")
    print(f"  {found['cores']} cores, load {found['load_average']}, Python {found['python']}")
