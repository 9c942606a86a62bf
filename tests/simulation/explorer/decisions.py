"""Access' decisions, asked of its real deciders: holds, requests, rescues, versions, and what is in flight."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, cast
from uuid import UUID

from services.access.protections import store
from services.access.protections.commands import (
    EndRequestProtection,
    ExtendHold,
    PlaceHold,
    PlaceRescue,
    ProtectRequest,
    ReleaseHold,
)
from services.access.protections.decider import HoldCommand, decide
from services.access.protections.placing import Surroundings
from services.access.refusals import AccessRefusal
from services.kernel.batches import hour_of, lines
from services.kernel.events import (
    DeletionCleared,
    HoldExtended,
    HoldPlaced,
    HoldReleased,
    HoldReleaseProposed,
    PolicyInForce,
)
from services.kernel.policy.change import adopt
from tests.simulation.explorer.objects import (
    LIBRARY,
    NOTICE,
    POLICY,
    RECOVERY,
    access_now,
    camera_id,
    footage,
    hold_id,
    pack,
    scope,
)
from tests.simulation.explorer.records import Records
from tests.simulation.explorer.world import World

PERSON, SECOND = "p-0001", "p-0002"
Placing = HoldPlaced | HoldExtended | HoldReleased
APPROVALS = [{"person": PERSON, "role": "chief"}, {"person": SECOND, "role": "council"}]
INSTRUMENT = {"enacted_by": "i", "scenarios_passed": 1, "simulation": "d", "approvals": APPROVALS}


class Decisions:
    """What access decides in one world. Each answer is the name of a record, or None for a refusal."""

    def __init__(self, world: World, records: Records, *, keeps_notice: bool) -> None:
        self._world, self._records, self._keeps_notice = world, records, keeps_notice
        self.place, self.extend, self.release = cache(self._place), cache(self._extend), cache(self._release)
        self.adopt, self.clear, self.may_touch = cache(self._adopt), cache(self._clear), cache(self._may_touch)

    def _place(self, log: tuple[int, ...], number: int, tick: int) -> int | None:
        """A1. Reduced: nothing asks later when a placement was decided, so it has one name for all instants."""
        event = self._decided(log, _placing(self._world, number), tick)
        return None if event is None else self._records.name(event, number, 0 if self._world.reduced else tick)

    def _extend(self, log: tuple[int, ...], number: int, tick: int) -> int | None:
        """A1 again, to two ticks from now."""
        later = access_now(tick + 2)
        command = ExtendHold(hold_id=hold_id(number), person=PERSON, scope=None, review_by=None, protects_until=later)
        event = self._decided(log, command, tick)
        return None if event is None else self._records.name(event, number, tick)

    def _release(self, log: tuple[int, ...], number: int, tick: int) -> int | None:
        """A2: two persons release, or a request is closed."""
        closing = self._world.covers[number].kind == "request"
        command = (EndRequestProtection if closing else ReleaseHold)(hold_id=hold_id(number), person=PERSON)
        event = self._decided(log, command, tick)
        return None if event is None else self._records.name(event, number, tick)

    def _decided(self, log: tuple[int, ...], command: HoldCommand, tick: int) -> Placing | None:
        state = self._records.folded(log).protections.get(command.hold_id)
        # Two persons are one step: the other one has proposed the release before.
        state = None if state is None else replace(state, proposed_by=SECOND)
        around = Surroundings(
            seq=len(log) + 1, now=access_now(tick), recovery=RECOVERY, known_cameras=[camera_id(0), camera_id(1)]
        )
        try:
            events = decide(state, command, around)
        except AccessRefusal:
            return None
        event = events[0] if events else None
        assert not isinstance(event, HoldReleaseProposed)
        return event

    def _adopt(self, log: tuple[int, ...], version: str, tick: int) -> int:
        """A3. What shortens waits for its notice, what lengthens binds at once; see access' test_policies."""
        now, fold = access_now(tick), self._records.folded(log)
        old = fold.binding(POLICY, now)
        assert old is not None
        before = LIBRARY.version(POLICY, old.version, old.digest)
        new = pack(version, len(fold.policies[POLICY]) + 1)
        effective = now + NOTICE if version == "shorter" else now
        verdict = adopt(before, new, INSTRUMENT | {"at": now.isoformat(), "effective": effective.isoformat()})
        assert verdict.outcome == "adopted", verdict
        event = PolicyInForce(
            seq=len(log) + 1,
            policy_id=POLICY,
            version=new.version,
            digest=new.digest,
            binding_from=effective if verdict.shortens and self._keeps_notice else now,
            shortens=bool(verdict.shortens),
        )
        return self._records.name(event, 0, tick, version)

    def _clear(self, log: tuple[int, ...], batch: int, segment: int) -> int:
        """A4: the echo of a batch. No predicate is judged."""
        key = footage(self._world, segment).key
        event = DeletionCleared(
            batch_id=UUID(int=1000 + batch),
            seq=len(log) + 1,
            camera_id=key.camera_id,
            lines=lines([key]),
            policy_id=POLICY,
            policy_version_expected=1,
        )
        return self._records.name(event, batch, 0)

    def _may_touch(self, number: int, segment: int) -> bool:
        """Whether access names a clearance in flight to a protection: cameras and hours decide."""
        key = footage(self._world, segment).key
        row = {"camera_id": key.camera_id, "lines": [{"hour": hour_of(key.started_at)}]}
        return store._may_touch(scope(self._world, number), cast("Any", row))


def _placing(world: World, number: int) -> HoldCommand:
    cover, hold, covers = world.covers[number], hold_id(number), scope(world, number)
    until = access_now(90 if cover.until is None else cover.until)
    match cover.kind:
        case "rescue":
            return PlaceRescue(hold_id=hold, person=PERSON, scope=covers, reason="r", until=until)
        case "request":
            return ProtectRequest(
                hold_id=hold,
                request_id="r-1",
                person=PERSON,
                scope=covers,
                matter="m",
                authority="a",
                term_ends_at=until,
            )
        case _:
            return PlaceHold(
                hold_id=hold,
                person=PERSON,
                hold_kind="court_order",
                scope=covers,
                matter="m",
                authority="a",
                review_by=access_now(90),
                confirmed_count=1,
            )
