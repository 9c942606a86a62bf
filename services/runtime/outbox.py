"""Events are written in the transaction of the decision that they tell of; the relay publishes them afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kernel.envelope import Recorded
from services.kernel.topics import topic_of
from services.runtime import telemetry
from services.runtime.codec import FRAME, Codec
from services.runtime.received import Received, Rejected
from services.runtime.refusal import Refusal
from services.runtime.schemas.avro import namespace
from services.runtime.scope_header import SCOPE_HEADER, scope_json
from services.runtime.settings import Settings

INSERT = text("INSERT INTO outbox (topic, key, headers, value) VALUES (:topic, :key, :headers, :value)").bindparams(
    bindparam("headers", type_=JSONB)
)

# Below what the broker takes: the relay ends at an event that is refused, and again after every start.
EVENT_BYTES_MAX = 900_000


class TooMuchToRecord(Refusal, Rejected):
    """More than one event can hold: refused to whoever asked for it, and the record that led to it is put aside."""

    def __init__(self, name: str, size: int) -> None:
        super().__init__(
            "TooMuchToRecord",
            status=413,
            title="This is more than one event can hold",
            detail=f"{name}: {size} bytes, at most {EVENT_BYTES_MAX}",
            remedy="Say it in fewer words, or in several parts.",
        )


class Outbox:
    """The one way by which a service puts events on its topics."""

    def __init__(self, service: str, codec: Codec, settings: Settings) -> None:
        self._service = service
        self._codec = codec
        self._settings = settings

    async def append(
        self, tx: AsyncConnection, facts: Sequence[Recorded], key: str, causes: Iterable[Received | str] = ()
    ) -> None:
        """Insert ``facts`` in order. The caller holds the lock of their stream, so ids rise in the stream's order.

        ``causes`` are the records that made us act, or their traceparents. Raises LookupError for an event that this
        service may not write (I10), TooMuchToRecord.
        """
        headers = [cause if isinstance(cause, str) else cause.traceparent for cause in causes]
        await self.append_each(tx, [(fact, key, headers) for fact in facts])

    async def append_each(self, tx: AsyncConnection, facts: Sequence[tuple[Recorded, str, Iterable[str]]]) -> None:
        """Insert facts in order, each with its own key and the traceparents of its causes; as ``append`` otherwise."""
        if facts:
            await tx.execute(INSERT, [self._row(*each) for each in facts])

    async def append_again(self, tx: AsyncConnection, kept: Iterable[tuple[bytes, str]]) -> None:
        """Insert records that were published before: their very bytes, each with its key."""
        if rows := [self._kept_row(value, key) for value, key in kept]:
            await tx.execute(INSERT, rows)

    def _kept_row(self, value: bytes, key: str) -> dict[str, object]:
        fact = self._codec.decode(value)
        topic = topic_of(type(fact.event), self._service).name
        headers = self._headers(fact, topic, (), FRAME.unpack_from(value)[1])
        return {"topic": self._settings.topic(topic), "key": key.encode(), "headers": headers, "value": value}

    def _row(self, fact: Recorded, key: str, causes: Iterable[str]) -> dict[str, object]:
        topic = topic_of(type(fact.event), self._service).name
        schema_id, value = self._codec.schema_id(fact, self._service), self._codec.encode(fact, self._service)
        headers = self._headers(fact, topic, causes, schema_id)
        size = len(value) + len(key.encode()) + sum(len(text.encode()) for text in headers.values())
        if size > EVENT_BYTES_MAX:
            raise TooMuchToRecord(type(fact.event).__name__, size)
        return {"topic": self._settings.topic(topic), "key": key.encode(), "headers": headers, "value": value}

    def _headers(self, fact: Recorded, topic: str, causes: Iterable[str], schema_id: int) -> dict[str, str]:
        envelope, name = fact.envelope, type(fact.event).__name__
        scope = getattr(fact.event, "scope", None) if topic == "hold.events" else None
        return {
            "ce_specversion": "1.0",
            "ce_id": str(envelope.event_id),
            "ce_source": f"/camledger/{self._service}",
            "ce_type": f"{namespace(topic)}.{name}",
            "ce_time": envelope.recorded_at.isoformat().replace("+00:00", "Z"),
            "ce_subject": envelope.stream_id,
            "ce_dataschema": f"/schemas/ids/{schema_id}",
            "content-type": "application/vnd.apache.avro",
            "traceparent": telemetry.event_span(envelope.stream_id, envelope.stream_version, name, causes),
        } | ({} if scope is None else {SCOPE_HEADER: scope_json(scope)})
