"""Shipped code, asked: what custody's mark, its answers and retention's visits say in a state of the explorer.

The numbers of a state become real objects here, and go through the real fold, predicates, interval, mark and visit.
Answers are remembered by what they depend on, never rewritten. A guard is switched off by changing what is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple
from uuid import UUID

from services.ingest.custody.answers import is_covered
from services.ingest.policy import bound, times
from services.kernel.batches import HOUR, lines
from services.kernel.envelope import recorded
from services.kernel.events import BatchAnswered, LineAnswer, Outcome
from services.kernel.ids import EPOCH
from services.kernel.mark import Mark, MarkCase, Parked, Refused, SegmentState, decide_mark
from services.kernel.protection import Protection, ProtectionLog
from services.kernel.scope import FootageFacts
from services.retention.bits import bit
from services.retention.decider import Circumstances, visit
from services.retention.decider import Wait as RetentionWait
from services.retention.projector import project
from services.retention.protections import take
from services.retention.timing import Rules
from tests.simulation.explorer.decisions import Decisions
from tests.simulation.explorer.objects import (
    CLASS,
    LIBRARY,
    POLICY,
    bucket,
    custody_now,
    filed,
    filed_at_retention,
    footage,
    hold_id,
    number_of,
    scope,
)
from tests.simulation.explorer.records import ABOUT_A_HOLD, ACTOR, Gist, Records
from tests.simulation.explorer.state import Wait
from tests.simulation.explorer.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What custody has read, and may therefore not destroy."""

    log: ProtectionLog
    parked: tuple[Parked, ...]
    unread: frozenset[int]  # protections whose record is parked
    seq: int


class Asked(NamedTuple):
    """A segment as it comes before the mark, or before retention's visit."""

    read: tuple[int, ...]  # the records of hold.events that were read
    repaired: bool  # also what was unreadable
    segment: int
    filed: bool
    tick: int


class Taken(NamedTuple):
    """What an outcome changes at retention: whether the segment is commanded no more, and what it waits for."""

    returned: bool
    wait: Wait | None


class Kernel:
    """The kernel as one world asks it; ``off`` names the guards that are switched off."""

    def __init__(self, world: World, off: frozenset[str] = frozenset()) -> None:
        self.world, self.off = world, off
        self.records = Records(world)
        self.gists = self.records.gists
        self.prelude = self.records.prelude()
        self.decisions = Decisions(world, self.records, keeps_notice="notice" not in off)
        self.standing, self.judge, self.covered = cache(self._standing), cache(self._judge), cache(self._covered)
        self.proposes, self.outcome = cache(self._proposes), cache(self._outcome)

    def _standing(self, read: tuple[int, ...], repaired: bool) -> Standing:
        """Sort what was read as custody's shell does: repeats dropped, the unreadable parked, what waits behind it."""
        unread = set() if repaired else {n for n in map(self._unreadable, read) if n is not None}
        kept, seq = list[int](), 0
        for name in read:
            gist, at = self.gists[name], self.records.seq(name)
            repeated = at <= seq and not self.off & {"dedup", "order"}
            if repeated or (gist.kind == "placed" and gist.number in unread):
                continue
            seq = max(seq, at)
            kept += [name] if self._binds(gist, unread) else []
        parked = () if "park" in self.off else tuple(self._park(number) for number in sorted(unread))
        log = self.records.folded(tuple(kept))
        return Standing(log=log, parked=parked, unread=frozenset(unread), seq=seq)

    def unreadable(self, names: tuple[int, ...]) -> bool:
        """Whether one of these records can't be read without a repair."""
        return any(self._unreadable(name) is not None for name in names)

    def _unreadable(self, name: int) -> int | None:
        gist = self.gists[name]
        return gist.number if gist.kind == "placed" and self.world.covers[gist.number].unreadable else None

    def _binds(self, gist: Gist, unread: set[int]) -> bool:
        if gist.kind in {"cleared", "bound"}:
            return gist.kind == "bound"
        if gist.kind == "policy":
            return gist.version == "base" or "pollog" not in self.off
        request = self.world.covers[gist.number].kind == "request"
        return gist.number not in unread and not (request and "reqlog" in self.off)

    def _park(self, number: int) -> Parked:
        return Parked(offset=0, scope=None if "scope" in self.off else scope(self.world, number))

    def _judge(self, asked: Asked, cleared: bool, listed: int) -> Mark | Refused:
        """C3. ``listed``: the protections whose list, as it was once told, names the segment."""
        standing = self.standing(asked.read, asked.repaired)
        segment, now = footage(self.world, asked.segment), custody_now(asked.tick)
        by = bound(self._versions(standing.log), LIBRARY, segment.camera_id, CLASS, now)
        due = times(by, segment).destroyable_from if by else None
        case = MarkCase(
            start_id_is_mine=True,
            cleared_and_open=cleared,
            state=SegmentState.KEPT,
            facts=self._facts_at_the_mark(asked.segment, known=asked.filed),
            parked=standing.parked,
            protections=self._protections(standing.log, listed),
            destroyable_from=EPOCH if "min" in self.off else due,
            refused_by_rule="",
            read_seq=standing.seq,
            now=now,
        )
        return decide_mark(case)

    def _protections(self, log: ProtectionLog, listed: int) -> tuple[Protection, ...]:
        found = tuple(log.protections.values())
        if "holds" in self.off:
            return ()
        if "window" in self.off:
            return tuple(p for p in found if p.protects_until is None)
        if "predicate" in self.off:
            return tuple(p for p in found if listed >> number_of(p.hold_id) & 1)
        return found

    def _facts(self, segment: int, *, known: bool) -> FootageFacts:
        return filed(self.world, segment, known=known).of(footage(self.world, segment))

    def _facts_at_the_mark(self, segment: int, *, known: bool) -> FootageFacts:
        facts = self._facts(segment, known=known)
        return replace(facts, officers=facts.officers or frozenset()) if "unknown" in self.off else facts

    def _versions(self, log: ProtectionLog) -> ProtectionLog:
        """The log as it judges versions; without ``supersede`` the latest ``binding_from`` wins."""
        if "supersede" not in self.off:
            return log
        bindings = sorted(log.policies[POLICY], key=lambda binding: binding.binding_from)
        ordered = [replace(each, seq=seq, recorded_at=each.binding_from) for seq, each in enumerate(bindings)]
        return replace(log, policies={POLICY: ordered})

    def _covered(self, read: tuple[int, ...], repaired: bool, number: int, known: int) -> int | None:
        """Return the segments that the answer to a protection covers; None while custody can't read it."""
        protection = self.standing(read, repaired).log.protections.get(hold_id(number))
        if protection is None:
            return None
        facts = [self._facts(i, known=bool(known >> i & 1)) for i in range(len(self.world.segments))]
        return sum(1 << i for i, each in enumerate(facts) if is_covered(protection, each))

    def _proposes(self, asked: Asked, wait: Wait | None) -> bool:
        """R2: whether retention's visit to the segment's bucket ends with a command."""
        log, now = self._at_retention(asked), custody_now(asked.tick)
        mine = bucket(self.world, asked.segment)
        by = bound(log, LIBRARY, mine.key.camera_id, CLASS, now)
        waits = wait is not None and "wait" not in self.off
        around = Circumstances(
            now=now,
            rules=Rules(pack=by.pack, binding=by.binding) if by else None,
            protections=tuple(log.protections.values()),
            facts=filed_at_retention(self.world, asked.segment, known=asked.filed).about,
            read_seq=log.seq,
            waits=[RetentionWait(offsets_us=frozenset(mine.offsets_us), **wait._asdict())] if wait and waits else [],
        )
        return visit(mine, around).command == bit(1, 0)

    def _at_retention(self, asked: Asked) -> ProtectionLog:
        """Fold as retention does: what it can't read is set aside, and later records of that hold wait behind it."""
        log, aside = ProtectionLog(), set[int]()
        for name in asked.read:
            gist, unreadable = self.gists[name], self._unreadable(name)
            if unreadable is not None and not asked.repaired:
                aside.add(unreadable)
            if gist.kind in ABOUT_A_HOLD and gist.number in aside:
                continue
            if self.records.seq(name) > log.seq:
                take(log, self.records.seq(name), None if gist.kind == "cleared" else self.records.all[name])
        return log

    def _outcome(self, segment: int, verdict: Refused | Outcome, tick: int, blind: bool) -> Taken:
        """R3: what retention's projector makes of custody's answer.

        ``blind``: a record of the protection log is set aside unread here, and its store asks once an hour. That is
        SQL: tests/integration/retention/test_retention_path.py (test_an_unreadable_record...).
        """
        spans = lines([footage(self.world, segment).key])
        answer = LineAnswer(outcome=str(verdict), reason="", seq=0, not_before=None, lines=spans)
        if isinstance(verdict, Refused):
            reason, until = verdict.guard.value, verdict.not_before
            answer = LineAnswer(outcome=Outcome.REFUSED, reason=reason, seq=verdict.seq, not_before=until, lines=spans)
        event = BatchAnswered(batch_id=UUID(int=1), camera_id="", answers=(answer,))
        now = custody_now(tick)
        changes = project([recorded(event, stream_id="batch", stream_version=1, at=now, actor=ACTOR)])
        row = next(iter(changes.waits), None)
        until = None if row is None else row.not_before or (now + HOUR if blind else None)
        return Taken(bool(changes.returned), None if row is None else Wait(row.seq, until))
