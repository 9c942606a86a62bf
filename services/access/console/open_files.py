"""Open requests as files, for lists of what waits: folded again only when one of their streams grew."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.ledger import access_stream, approval_stream, history, request_stream
from services.access.requests.file import RequestFile
from services.access.requests.folding import fold
from services.access.tables import request_file, stream
from services.kernel.envelope import Recorded
from services.runtime.codec import Codec

OPEN_SHOWN: Final = 300
KEPT_MAX: Final = 2_000
JUDGED_MAX: Final = 30_000
T = TypeVar("T")
Versions = tuple[tuple[str, int], ...]


@dataclass(slots=True)
class OpenFiles:
    """Files of one process by the versions of their streams: an equal version is an equal history."""

    _kept: OrderedDict[UUID, tuple[Versions, RequestFile]] = field(default_factory=OrderedDict)
    _judged: OrderedDict[tuple[UUID, Hashable], tuple[Versions | None, Any]] = field(default_factory=OrderedDict)

    def judged(self, request_id: UUID, about: Hashable, judge: Callable[[], T]) -> T:
        """Return what was found of a file, found again only when the file grew or ``about`` is another."""
        versions, known = self._version(request_id), self._judged.get((request_id, about))
        if known is not None and known[0] == versions:
            return cast("T", known[1])
        found = judge()
        self._judged[request_id, about] = versions, found
        while len(self._judged) > JUDGED_MAX:
            self._judged.popitem(last=False)
        return found

    async def soonest(self, tx: AsyncConnection, codec: Codec, *, requester: str = "") -> list[RequestFile]:
        """Return the open requests whose term ends first, of one person only if asked."""
        wanted = select(request_file.c.request_id).where(request_file.c.is_open)
        if requester:
            wanted = wanted.where(request_file.c.requester == requester)
        ids = list(await tx.scalars(wanted.order_by(request_file.c.term_ends_at).limit(OPEN_SHOWN)))
        versions = await _versions(tx, ids)
        await self._read(tx, codec, [one for one in ids if self._version(one) != versions[one]], versions)
        return [self._kept[one][1] for one in ids]

    def _version(self, request_id: UUID) -> Versions | None:
        found = self._kept.get(request_id)
        return found[0] if found is not None else None

    async def _read(
        self, tx: AsyncConnection, codec: Codec, ids: Sequence[UUID], versions: dict[UUID, Versions]
    ) -> None:
        of: dict[str, list[Recorded]] = defaultdict(list)
        for record in await history(tx, codec, *(name for one in ids for name in _streams(one))) if ids else ():
            of[record.envelope.stream_id].append(record)
        for one in ids:
            self._kept[one] = (versions[one], fold(one, (r for name in _streams(one) for r in of[name])))
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)


def _streams(request_id: UUID) -> tuple[str, str, str]:
    return request_stream(request_id), approval_stream(request_id), access_stream(request_id)


async def _versions(tx: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Versions]:
    names = [name for one in ids for name in _streams(one)]
    # One array: as many parameters as names would take longer to write than the rows to find.
    wanted = stream.c.stream_id == any_(literal(names, ARRAY(Text)))
    rows = await tx.execute(select(stream.c.stream_id, stream.c.version).where(wanted))
    known = {row[0]: int(row[1]) for row in rows}
    return {one: tuple((name, known[name]) for name in _streams(one) if name in known) for one in ids}
