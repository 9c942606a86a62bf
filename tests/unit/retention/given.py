"""Given a bucket, a pack and what stands on the protection log: when it is visited at an instant, then ..."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

from services.kernel.batches import HOUR, hour_of, hour_start
from services.kernel.binding import PolicyBinding
from services.kernel.events import ProtectionKind
from services.kernel.ids import EPOCH
from services.kernel.policy import Pack
from services.kernel.protection import Protection
from services.kernel.scope import FootageFacts, Scope
from services.retention.bits import everything
from services.retention.bucket import MICROSECOND, Bucket, BucketKey
from services.retention.decider import Circumstances, Visit, Wait, visit
from services.retention.timing import Rules
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY

HOLD = UUID(int=1)


@cache
def pack(policy_id: str) -> Pack:
    return load_pack(REPOSITORY / "policies" / policy_id)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def rules(policy_id: str, *, binding_from: datetime = EPOCH, shortens: bool = False) -> Rules:
    found = pack(policy_id)
    binding = PolicyBinding(
        policy_id=policy_id,
        version=found.version,
        digest=found.digest,
        binding_from=binding_from,
        shortens=shortens,
        seq=1,
        recorded_at=binding_from,
    )
    return Rules(pack=found, binding=binding)


def bucket(*starts: datetime, minutes: int = 1, recovery_from: datetime = EPOCH) -> Bucket:
    hour = hour_of(starts[0])
    number = len(starts)
    return Bucket(
        key=BucketKey(camera_id="plaza-1", hour=hour, generation=1, chunk=1),
        retention_class="standard",
        officer="",
        shift="",
        offsets_us=tuple((start - hour_start(hour)) // MICROSECOND for start in sorted(starts)),
        lengths_us=(timedelta(minutes=minutes) // MICROSECOND,) * number,
        lags_us=(1_000_000,) * number,
        recoveries_us=((recovery_from - EPOCH) // MICROSECOND,) * number if recovery_from > EPOCH else (),
    )


def hold(kind: ProtectionKind = ProtectionKind.HOLD, until: datetime | None = None, **scope: object) -> Protection:
    wanted = Scope(**({"starts_at": EPOCH} | scope))  # type: ignore[arg-type]
    return Protection(
        hold_id=HOLD,
        seq=2,
        kind=kind,
        hold_kind="",
        scopes=(wanted,),
        matter="112-1",
        authority="court",
        review_by=None,
        protects_until=until,
    )


def facts(of: Bucket, position: int) -> FootageFacts:
    return FootageFacts(
        camera_id=of.key.camera_id, started_at=of.started_at(position), ended_at=of.ended_at(position), area="A"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A world of one bucket; ``when`` visits it and keeps what the visit left behind."""

    bucket: Bucket
    rules: Rules | None
    protections: tuple[Protection, ...] = ()
    waits: tuple[Wait, ...] = ()
    read_seq: int = 10
    breaker_open: bool = False
    visits: tuple[Visit, ...] = field(default=())

    def when(self, now: datetime) -> Given:
        around = Circumstances(
            now=now,
            rules=self.rules,
            protections=self.protections,
            facts=facts,
            read_seq=self.read_seq,
            waits=self.waits,
            breaker_open=self.breaker_open,
        )
        found = visit(self.bucket, around)
        return replace(self, bucket=found.bucket, visits=(*self.visits, found))

    def protected(self, *protections: Protection) -> Given:
        return replace(self, protections=protections)

    @property
    def last(self) -> Visit:
        return self.visits[-1]

    @property
    def whole(self) -> int:
        return everything(self.bucket.size)


def footage(policy_id: str, start: datetime, segments: int = 3, **details: object) -> Given:
    made = bucket(*(start + timedelta(minutes=2 * i) for i in range(segments)), **details)  # type: ignore[arg-type]
    return Given(bucket=made, rules=rules(policy_id))


__all__ = ["HOLD", "HOUR", "Given", "at", "bucket", "facts", "footage", "hold", "pack", "rules"]
