"""Signs of life: each part of a process says when it last did something, and the health endpoints believe only that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from time import monotonic
from typing import ClassVar


class Beats:
    """Last sign of life by part. ``current`` belongs to the running process."""

    current: ClassVar[Beats]

    def __init__(self, limits_s: Mapping[str, float]) -> None:
        self._limits_s = dict(limits_s)
        self._began = monotonic()
        self._last: dict[str, float] = {}

    def beat(self, part: str) -> None:
        """Note that ``part`` lives."""
        self._last[part] = monotonic()

    def silent(self) -> list[str]:
        """Return the parts that have been silent for longer than they may."""
        now = monotonic()
        return [part for part, limit in self._limits_s.items() if now - self._last.get(part, self._began) > limit]

    def waited_for(self) -> list[str]:
        """Return the parts that have not begun yet."""
        return [part for part in self._limits_s if part not in self._last]

    def measure(self) -> None:
        """Show the age of each part's last sign as a metric."""
        # Large: who only reads another's answer, such as `up`, measures nothing.
        from services.runtime import telemetry

        now = monotonic()
        for part in self._limits_s:
            telemetry.gauge("camledger_part_beat_age_seconds", now - self._last.get(part, self._began), part=part)


Beats.current = Beats({})


class NotTheService(ValueError):
    """A 503 that names no part comes from something before the service, which isn't reached."""


def still(status: int, body: bytes) -> list[str]:
    """Return the parts that stand still, by a service's answer to ``/health/live``. Raises NotTheService."""
    if status != HTTPStatus.SERVICE_UNAVAILABLE:
        return []
    try:
        parts = json.loads(body)["silent"]
    except (ValueError, KeyError, TypeError):
        parts = None
    if not parts or not isinstance(parts, list):
        raise NotTheService("it answers 503 and names no part that stands still")
    return [str(part) for part in parts]
