"""Retention's copy of the protection log, folded in memory from the records as they were received."""

from __future__ import annotations

from services.kernel.protection import ProtectionLog
from services.retention.buckets import Connection
from services.runtime.codec import Codec

SINCE = "SELECT seq, value FROM protection_record WHERE seq > $1 ORDER BY seq"


class Protections:
    """Folds what is new at each look. A missing position ends the fold: custody refuses what lies behind it (R2)."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self.log = ProtectionLog()

    async def refresh(self, connection: Connection) -> ProtectionLog:
        """Fold in the records that came since the last look, as far as none is missing."""
        for row in await connection.fetch(SINCE, self.log.seq):
            if row["seq"] != self.log.seq + 1:
                break
            if row["value"] is None:
                self.log.seq = row["seq"]
            else:
                self.log.apply(self._codec.decode(row["value"]))
        return self.log
