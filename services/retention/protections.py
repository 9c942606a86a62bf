"""Retention's copy of the protection log, folded in memory from the records as they were received."""

from __future__ import annotations

from services.kernel.envelope import Recorded
from services.kernel.protection import ProtectionLog
from services.retention.buckets import Connection
from services.runtime.codec import Codec

SINCE = "SELECT seq, value FROM protection_record WHERE seq > $1 ORDER BY seq"
CAME = "SELECT count(*) FROM protection_record WHERE seq = ANY ($1::int8[])"


class Protections:
    """Folds what is new at each look. The log is read in order, so a missing position is a record set aside unread.

    It is passed over: what it may cover, custody refuses (C1p). Standing still there would keep all other footage for
    ever. When its dead letter is retried it appears, and the fold begins anew.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._missing: set[int] = set()
        self.log = ProtectionLog()

    async def refresh(self, connection: Connection) -> ProtectionLog:
        """Fold in the records that came since the last look."""
        if self._missing and await connection.fetchval(CAME, sorted(self._missing)):
            self._missing, self.log = set(), ProtectionLog()
        for row in await connection.fetch(SINCE, self.log.seq):
            self._missing.update(range(self.log.seq + 1, row["seq"]))
            take(self.log, row["seq"], None if row["value"] is None else self._codec.decode(row["value"]))
        return self.log


def take(log: ProtectionLog, seq: int, record: Recorded | None) -> None:
    """Fold the record at ``seq``, None for a clearance, which forbids nothing. Positions before it may be missing."""
    if record is None:
        log.seq = seq
        return
    log.seq = seq - 1
    log.apply(record)
