"""What the registers and statistics keep of each event. Pure: the same events give the same rows, in any order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.analytics.projector import accesses, footage, protections, requests
from services.analytics.rows import Row
from services.kernel.envelope import Recorded

_NOUNS = (footage.rows, requests.rows, accesses.rows, protections.rows)


def project(facts: Iterable[Recorded]) -> Iterator[Row]:
    """Yield the rows that these facts state. An event that no register asks for yields none."""
    for fact in facts:
        for rows in _NOUNS:
            yield from rows(fact.event, fact.envelope)
