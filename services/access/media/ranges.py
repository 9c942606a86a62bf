"""Which bytes a Range header asks for (RFC 9110 section 14): one range, inside the file, or a refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

ONE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
UNIT: Final = "bytes="


class NotSatisfiable(Exception):
    """No byte of the file lies in the range, or more than one range is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Bytes from ``start`` to ``end`` (exclusive) of ``size``."""

    start: int
    end: int
    size: int
    is_whole: bool

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def content_range(self) -> str:
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def part_of(header: str, size: int) -> Part:
    """Return what to send of a file. Raises NotSatisfiable.

    A header in another unit is ignored, as the RFC wants; several ranges are refused, for they cost more than they ask.
    """
    header = header.strip()
    if not header.startswith(UNIT):
        return Part(start=0, end=size, size=size, is_whole=True)
    asked = ONE.fullmatch(header)
    if asked is None or not any(asked.groups()):
        raise NotSatisfiable(header[:100])
    first, last = asked.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if start >= end:
        raise NotSatisfiable(header[:100])
    return Part(start=start, end=end, size=size, is_whole=False)
