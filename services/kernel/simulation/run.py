"""One simulation: every segment judged twice by the same functions, and what changes for it counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from services.kernel.ids import EPOCH, from_micros
from services.kernel.policy import Pack
from services.kernel.policy.change import difference
from services.kernel.scope import FootageFacts
from services.kernel.simulation.epochs import Candidate, Epoch, Packs, always
from services.kernel.simulation.footage import BucketKey, Marks, Shot
from services.kernel.simulation.history import History
from services.kernel.simulation.instants import goes_at, timed
from services.kernel.simulation.shields import Freed, Life
from services.kernel.simulation.tally import HOUR_US, CameraTally, Hit, Ledger, Reality

CONSIDERED = "considered"
AT_ONCE, GONE_WAS, GONE_BECOMES = "would_go_at_once", "gone_by_then", "gone_by_then_simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: ``pack`` in the place of a policy's versions, from ``since`` on, looked at ``as_of`` an instant.

    ``against`` is the baseline for all footage where the log isn't to be asked what bound it.
    """

    pack: Pack
    replaces: str = ""
    since: datetime = EPOCH
    as_of: datetime | None = None
    against: Pack | None = None

    @property
    def policy_id(self) -> str:
        return self.replaces or self.pack.id


class Judged(NamedTuple):
    """A segment with the instants at which it goes, before and after."""

    key: BucketKey
    shot: Shot
    was: Freed
    becomes: Freed


class Run:
    """Goes through a history camera by camera; what it keeps grows with cameras, days and protections only."""

    def __init__(self, history: History, question: Question, packs: Packs) -> None:
        self.history, self.question, self._packs = history, question, packs
        self.as_of = question.as_of or history.last_at or EPOCH
        binding = history.bindings.in_force(question.policy_id, self.as_of)
        self.old = question.against or (packs(binding) if binding else None)
        self.differs = difference(self.old, question.pack) if self.old else None
        self._candidate = Candidate(
            pack=question.pack,
            replaces=question.policy_id,
            since=question.since,
            shortens=question.since > EPOCH and self.differs is not None and bool(self.differs.shortens),
        )
        self.against: dict[str, Pack] = {question.against.digest: question.against} if question.against else {}
        self.totals, self.reality = Ledger(), Reality()
        self.hits = {life.hold_id: Hit(life) for life in history.lives.values()}
        self.cameras: dict[str, CameraTally] = {}

    def go(self) -> None:
        """Judge every segment that the policy bound. Raises PackMissing."""
        keys = sorted(self.history.buckets)
        for camera_id, own in groupby(keys, key=lambda key: key.camera_id):
            self._camera(camera_id, list(own))

    def _camera(self, camera_id: str, keys: Sequence[BucketKey]) -> None:
        tally = CameraTally()
        marks = self.history.marks.get(camera_id, Marks()).by_key()
        for key in keys:
            epochs = self._epochs(key)
            if any(epoch.binding.policy_id == self.question.policy_id for epoch in epochs):
                for judged in self._judged(key, epochs):
                    self._count(judged, tally, marks)
        if tally.ledger.amounts:
            tally.ledger.close()
            self.cameras[camera_id] = tally
        self.totals.close()

    def _epochs(self, key: BucketKey) -> list[Epoch]:
        if self.question.against is not None:
            return always(self.question.against, self.question.policy_id)
        found = self.history.bindings.epochs(key.camera_id, key.retention_class, self._packs)
        self.against |= {e.pack.digest: e.pack for e in found if e.binding.policy_id == self.question.policy_id}
        return found

    def _judged(self, key: BucketKey, was: Sequence[Epoch]) -> Iterable[Judged]:
        becomes = self._candidate.over(was)
        own = [life for life in self.history.lives.values() if life.names(key.camera_id)]
        for _, shots in groupby(self.history.buckets[key].shots(), key=lambda shot: shot.started_us // HOUR_US):
            hour = list(shots)
            last = from_micros(max(shot.ended_us for shot in hour))
            lives = [life for life in own if life.meets(hour[0].started_at, last)]
            for shot in hour:
                facts = self.history.filed.of(key, shot) if lives else None
                case = timed(key, shot)
                judged = Judged(key, shot, *(goes_at(case, epochs, lives, facts) for epochs in (was, becomes)))
                if facts is not None:
                    self._meet(judged, facts, lives)
                yield judged

    def _count(self, judged: Judged, tally: CameraTally, marks: Mapping[tuple[int, int], int]) -> None:
        shot, was, becomes = judged.shot, judged.was, judged.becomes
        marked = marks.get((shot.started_us, shot.generation))
        change = tally.add(shot, was, becomes, self.question.pack.zone)
        gone, would = self._gone(was), self._gone(becomes)
        counted = ((GONE_WAS, gone), (GONE_BECOMES, would), (AT_ONCE, would and not gone and marked is None))
        for name in (CONSIDERED, change, *(name for name, counts in counted if counts)):
            self.totals.add(name, shot)
        self.reality.add(judged.key.camera_id, shot, was, marked, self.as_of)

    def _gone(self, freed: Freed) -> bool:
        return freed.at is not None and freed.at <= self.as_of

    def _meet(self, judged: Judged, facts: FootageFacts, lives: Iterable[Life]) -> None:
        for life in lives:
            since = life.covers_since(facts)
            if since is not None and _loses(judged, since):
                self.hits[life.hold_id].lose(judged.key.camera_id, judged.shot)
            elif life.hold_id in judged.becomes.kept_by:
                self.hits[life.hold_id].held_back += 1


def _loses(judged: Judged, since: datetime) -> bool:
    """Tell whether a protection would have come too late for a segment that it does find as things are."""
    was, becomes = judged.was.at, judged.becomes.at
    return becomes is not None and becomes <= since and (was is None or was > since)
