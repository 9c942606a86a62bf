"""Puts retention's own facts on its topics: dense versions a stream, the rule and its version as the actor (I6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy.ext.asyncio import AsyncConnection

from services.kernel.batches import keys
from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import DeletionCommanded, Event, RetentionEvent
from services.kernel.ids import segment_stream
from services.retention import store
from services.retention.buckets import Connection
from services.retention.projector import project
from services.retention.timing import Rules
from services.runtime import telemetry
from services.runtime.outbox import Outbox

ROLE = "timer"
LINKS_MAX = 32
Stated = tuple[RetentionEvent | DeletionCommanded, Rules | None]

NEXT = """
INSERT INTO stream_version AS s (stream_id, version)
SELECT * FROM unnest($1::text[], $2::int8[])
    ON CONFLICT (stream_id) DO UPDATE SET version = s.version + excluded.version
RETURNING stream_id, version
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitter:
    """Wraps, stores and sends; all in the caller's transaction."""

    outbox: Outbox
    agency: str

    async def emit(
        self,
        tx: AsyncConnection,
        connection: Connection,
        stated: Sequence[Stated],
        now: datetime,
        actor: Actor | None = None,
    ) -> None:
        """Append these facts in their order. A camera's findings are one stream, each proposal is one of its own.

        Without an ``actor`` the timer acts.
        """
        by_camera: dict[str, list[Stated]] = defaultdict(list)
        for each in stated:
            by_camera[each[0].camera_id].append(each)
        versions = await self._versions(connection, by_camera)
        facts = [
            (fact, camera_id, _causes(fact.event))
            for camera_id, mine in sorted(by_camera.items())
            for fact in self._facts(mine, versions, now, actor)
        ]
        await store.write_own(connection, project([fact for fact, *_ in facts]))
        await self.outbox.append_each(tx, facts)

    def actor(self, rules: Rules | None, rule_ids: Sequence[str] = ()) -> Actor:
        """Return the timer as an actor: its id names the rules and the version that it goes by."""
        if rules is None:
            return Actor(id="retention.sweep", role=ROLE, agency=self.agency)
        named = f"{'+'.join(rule_ids) or 'retention'}@{rules.binding.policy_id}.{rules.binding.version}"
        return Actor(id=named, role=ROLE, agency=self.agency)

    async def _versions(self, connection: Connection, by_camera: Mapping[str, list[Stated]]) -> dict[str, int]:
        wanted = {
            camera_stream(camera): number
            for camera, mine in by_camera.items()
            if (number := sum(not isinstance(event, DeletionCommanded) for event, _ in mine))
        }
        streams = sorted(wanted)
        rows = await connection.fetch(NEXT, streams, [wanted[stream] for stream in streams])
        return {row["stream_id"]: row["version"] - wanted[row["stream_id"]] for row in rows}

    def _facts(
        self, mine: Sequence[Stated], versions: dict[str, int], now: datetime, actor: Actor | None
    ) -> list[Recorded]:
        facts = []
        for event, rules in mine:
            stream, version = camera_stream(event.camera_id), 1
            if isinstance(event, DeletionCommanded):
                stream = f"batch/{event.batch_id}"
            else:
                versions[stream] += 1
                version = versions[stream]
            rule_ids = getattr(event, "rule_ids", ())
            facts.append(
                recorded(
                    event,
                    stream_id=stream,
                    stream_version=version,
                    at=now,
                    actor=actor or self.actor(rules, rule_ids),
                    policy_version=policy_version(rules),
                    reason="database clock",
                )
            )
        return facts


def camera_stream(camera_id: str) -> str:
    """Return the stream of what retention finds about a camera; an empty id speaks for all."""
    return f"retention/{camera_id}"


def policy_version(rules: Rules | None) -> str:
    """Return ``<pack id>@<version>#<first 12 hex of its digest>``, empty where nothing binds."""
    if rules is None:
        return ""
    return f"{rules.binding.policy_id}@{rules.binding.version}#{rules.binding.digest[:12]}"


def _causes(event: Event) -> Iterator[str]:
    """Yield the traces of the recordings that go: from the file to its receipt is found by these links."""
    if isinstance(event, DeletionCommanded):
        for each in islice(keys(event.lines), LINKS_MAX):
            yield telemetry.traceparent_of(segment_stream(each.camera_id, each.started_at, each.generation), 1)
