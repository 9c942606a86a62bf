"""The checker: what was acknowledged against what the log and the storage folder say. Eleven counts that must be zero.

Written a second time on purpose: it shares no rule with the services, so it can't share their mistakes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.cli.demo.history import History, Key, key_of, keys_of
from services.cli.demo.reading import Fields
from tests.faults.evidence import Evidence, Note

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINIMUM, MAXIMUM = timedelta(days=90), timedelta(days=180)
"""Da'an keeps at least so long; what is older than the maximum has been long due, whatever the hour."""

NAMED_WITHIN = timedelta(seconds=2)
SECOND = timedelta(seconds=1)
BESIDE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Count:
    """One line of the verdict: what was found, out of how many chances to find it."""

    what: str
    found: tuple[str, ...]
    chances: int

    @property
    def bound(self) -> float | None:
        """Rule of three: with nothing found in n tries, the true share is below 3/n with 95 % confidence."""
        return None if self.found or not self.chances else min(1.0, 3 / self.chances)


@dataclass(frozen=True, slots=True)
class Hold:
    """All orders of one hold, in log order: placed, extended, placed again. No scope is ever taken back."""

    hold_id: str
    orders: tuple[tuple[int, Fields], ...]  # place on the protection log, and scope

    def since(self, segment: Fields) -> int | None:
        """Return the place of the first order that covers a segment."""
        return next((seq for seq, scope in self.orders if covers(scope, segment)), None)

    def up_to(self, seq: int) -> Hold:
        """Return the hold as it was ordered up to a place on the log."""
        return Hold(self.hold_id, tuple(order for order in self.orders if order[0] <= seq))


@dataclass(slots=True)
class Case:
    """The evidence, arranged once for all rules."""

    evidence: Evidence
    log: History = field(init=False)
    recorded: dict[Key, Fields] = field(init=False)
    marks: dict[Key, Fields] = field(init=False)
    receipts: dict[Key, Fields] = field(init=False)
    holds: dict[str, Hold] = field(init=False)
    applied: dict[str, list[Fields]] = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.evidence.log
        self.recorded = {key_of(e): e for e in self.log.of("SegmentRecorded")}
        self.marks = {key_of(e): e for e in self.log.of("DestructionStarted")}
        self.receipts = {key_of(e): e for e in self.log.of("SegmentDestroyed")}
        self.holds = _holds(self.log.of("HoldPlaced", "HoldExtended"))
        self.applied = {}
        for answer in self.log.of("HoldApplied"):
            self.applied.setdefault(str(answer["hold_id"]), []).append(answer)

    def told(self, *, acknowledged: bool = True) -> list[Note]:
        """Return what people were told of holds; a hold that is only received was promised nothing."""
        return [n for n in self.evidence.noted("told") if not acknowledged or n["state"] != "received"]

    def in_scope(self, hold: Hold) -> list[Key]:
        """Return every segment on the log that any order of a hold covers."""
        return [key for key, segment in self.recorded.items() if hold.since(segment) is not None]

    def as_told(self, note: Note) -> Hold:
        """Return the hold that a person was told of: later orders were not in that answer."""
        return self.holds.get(note["hold"], Hold(note["hold"], ())).up_to(note["seq"])

    def is_there(self, key: Key) -> bool:
        """Whether the bytes lie in the store, and are those of the log."""
        segment = self.recorded[key]
        return self.evidence.store.get(segment["location"]) == _hex(segment["sha256"])


Rule = Callable[[Case], tuple[Iterator[str], int]]


def check(evidence: Evidence) -> list[Count]:
    """Return every count; the run is good if nothing was found in any."""
    case = Case(evidence)
    counts = []
    for rule in RULES:
        found, chances = rule(case)
        counts.append(Count(rule.__name__.strip("_").replace("_", " "), tuple(found), chances))
    return counts


def _acknowledged_holds_lost(case: Case) -> tuple[Iterator[str], int]:
    on_log = {(str(e["hold_id"]), e["seq"]) for e in _protection_log(case) if "hold_id" in e}
    told = {(note["hold"], note["seq"]): note for note in case.told()}
    released = {str(e["hold_id"]): e["protects_until"] for e in case.log.of("HoldReleased")}

    def found() -> Iterator[str]:
        for (hold, seq), note in told.items():
            orders, answered = case.as_told(note).orders, {answer["seq"] for answer in case.applied.get(hold, [])}
            if not orders or (hold, seq) not in on_log:
                yield f"hold {hold}: {note['state']} at {seq}, and not on the log"
            elif orders[-1][0] not in answered:
                yield f"hold {hold}: {note['state']} at {seq}, and custody never applied it"
        for note in (note for note in case.told() if note["released"]):
            if released.get(note["hold"]) != datetime.fromisoformat(note["protects_until"]):
                yield f"hold {note['hold']}: its release was acknowledged and is not on the log as it was told"

    return found(), len(told)


def _held_destroyed(case: Case) -> tuple[Iterator[str], int]:
    pairs = [(hold, key) for hold in case.holds.values() for key in case.in_scope(hold)]
    return (text for hold, key in pairs if (text := _robbed(case, hold, key))), len(pairs)


def _robbed(case: Case, hold: Hold, key: Key) -> str:
    """Say what became of a held segment that should be there; a release leaves days in which nothing may go."""
    mark, since = case.marks.get(key), hold.since(case.recorded[key])
    assert since is not None
    if mark is not None and mark["mark_seq"] >= since:
        return f"{_text(key)}: marked at {mark['mark_seq']}, held by {hold.hold_id} since {since}"
    if (mark is not None or key in case.receipts) and key not in _named_as_going(case, hold.hold_id, since):
        return f"{_text(key)}: destroyed, and the answer to hold {hold.hold_id} doesn't say so"
    if mark is None and not case.is_there(key):
        return f"{_text(key)}: held by {hold.hold_id}, and its bytes are not there"
    return ""


def _cleared_but_not_named(case: Case) -> tuple[Iterator[str], int]:
    """An answer before *effective* names every deletion that was already cleared and not yet carried out."""
    early = [n for n in case.told() if n["state"] == "accepted" and n["hold"] in case.holds and _clock_right(case, n)]

    def found() -> Iterator[str]:
        for note in early:
            named = set(keys_of([line for batch in note["in_flight"] for line in batch["lines"]]))
            at = datetime.fromisoformat(note["at"]) + NAMED_WITHIN
            for key in case.in_scope(case.as_told(note)):
                if key in case.marks and case.marks[key]["recorded_at"] > at and key not in named:
                    yield f"{_text(key)}: entered destruction after hold {note['hold']} was accepted without naming it"

    return found(), len(early)


def _answers_that_differ_from_the_log(case: Case) -> tuple[Iterator[str], int]:
    told = [note for note in case.told() if note["state"] == "effective"]

    def found() -> Iterator[str]:
        for note in told:
            answers = [each for each in case.applied.get(note["hold"], []) if each["seq"] <= note["seq"]]
            if not answers or not _same_lists(answers[-1], note):
                yield f"hold {note['hold']}: the lists that were told are not those of its newest HoldApplied"
            else:
                yield from _untrue_spans(case, note)

    return found(), len(told)


def _untrue_spans(case: Case, note: Note) -> Iterator[str]:
    going, covered = _named_as_going(case, note["hold"]), case.in_scope(case.as_told(note))
    for span in note["secured"]:
        first, last = (datetime.fromisoformat(span[name]) for name in ("first_started_at", "last_started_at"))
        keys = [k for k in covered if k[0] == span["camera_id"] and first <= k[1] <= last and k not in going]
        if _digest(keys) != span["digest"]:
            yield f"hold {note['hold']}: told {span['segments']} secured on {span['camera_id']}, the log has others"


def _due_and_unheld_not_destroyed(case: Case) -> tuple[Iterator[str], int]:
    due = [key for key in case.recorded if _age(case, key) > MAXIMUM and not _held(case, key)]
    return (f"{_text(key)}: due, not held, and there" for key in due if key not in case.receipts), len(due)


def _receipts_without_destruction(case: Case) -> tuple[Iterator[str], int]:
    def found() -> Iterator[str]:
        for key in case.receipts:
            if key not in case.marks:
                yield f"{_text(key)}: a receipt, and destruction was never announced"
            if key not in case.recorded or case.recorded[key]["location"] in case.evidence.store:
                yield f"{_text(key)}: a receipt, and the bytes are there or were never recorded"

    return found(), len(case.receipts)


def _destructions_without_receipt(case: Case) -> tuple[Iterator[str], int]:
    begun = set(case.marks) | {key for key in case.recorded if not case.is_there(key)}
    return (f"{_text(key)}: gone or going, and no receipt" for key in begun - set(case.receipts)), len(begun)


def _destroyed_early(case: Case) -> tuple[Iterator[str], int]:
    young = [key for key in case.recorded if _age(case, key) < MINIMUM]
    return (f"{_text(key)}: younger than its minimum" for key in young if key in {*case.marks, *case.receipts}), len(
        young
    )


def _acknowledged_footage_lost(case: Case) -> tuple[Iterator[str], int]:
    taken = case.evidence.noted("taken")

    def found() -> Iterator[str]:
        for note in taken:
            key = (note["camera"], datetime.fromisoformat(note["start"]), note["generation"])
            if key not in case.recorded:
                yield f"{_text(key)}: taken in, and not on the log"
            elif key not in case.receipts and not case.is_there(key):
                yield f"{_text(key)}: taken in, and neither there nor destroyed with a receipt"

    return found(), len(taken)


def _doubled_events(case: Case) -> tuple[Iterator[str], int]:
    log = case.log

    def found() -> Iterator[str]:
        yield from (f"event {event}: twice, with different content" for event in log.doubled)
        yield from _twice("SegmentRecorded", [(key[0], key[1]) for key in map(key_of, log.of("SegmentRecorded"))])
        for name in ("DestructionStarted", "SegmentDestroyed"):
            yield from _twice(name, [key_of(event) for event in log.of(name)])
        yield from _twice("HoldApplied", [(str(e["hold_id"]), e["seq"]) for e in log.of("HoldApplied")])
        yield from _twice("position of the protection log", [e["seq"] for e in _protection_log(case)])

    return found(), case.log.records


def _events_missing_from_a_stream(case: Case) -> tuple[Iterator[str], int]:
    versions: dict[str, set[int]] = {}
    for events in case.log.events.values():
        for event in events:
            versions.setdefault(event["stream_id"], set()).add(event["stream_version"])

    def found() -> Iterator[str]:
        for stream, there in versions.items():
            if missing := set(range(1, max(there) + 1)) - there:
                yield f"stream {stream}: no version {min(missing)}"

    return found(), len(versions)


RULES: tuple[Rule, ...] = (
    _acknowledged_holds_lost,
    _held_destroyed,
    _cleared_but_not_named,
    _answers_that_differ_from_the_log,
    _due_and_unheld_not_destroyed,
    _destroyed_early,
    _receipts_without_destruction,
    _destructions_without_receipt,
    _acknowledged_footage_lost,
    _doubled_events,
    _events_missing_from_a_stream,
)


def covers(scope: Fields, segment: Fields) -> bool:
    """Whether a scope of cameras and an interval covers a segment, a part of it being enough."""
    before = scope["ends_at"] is None or segment["started_at"] < scope["ends_at"]
    return segment["camera_id"] in scope["cameras"] and before and segment["ended_at"] > scope["starts_at"]


def _held(case: Case, key: Key) -> bool:
    return any(hold.since(case.recorded[key]) is not None for hold in case.holds.values())


def _holds(orders: list[Fields]) -> dict[str, Hold]:
    by_hold: dict[str, list[tuple[int, Fields]]] = {}
    for order in sorted(orders, key=lambda each: each["seq"]):
        by_hold.setdefault(str(order["hold_id"]), []).append((order["seq"], order["scope"]))
    return {hold_id: Hold(hold_id, tuple(found)) for hold_id, found in by_hold.items()}


def _named_as_going(case: Case, hold: str, since: int = 0) -> set[Key]:
    answers = [answer for answer in case.applied.get(hold, []) if answer["seq"] >= since]
    return {key for answer in answers for name in ("destroying", "gone") for key in keys_of(answer[name])}


def _same_lists(answer: Fields, note: Note) -> bool:
    going = all(set(keys_of(answer[name])) == set(keys_of(note[name])) for name in ("destroying", "gone"))
    return going and _spans(answer) == _spans(note)


def _spans(lists: Fields) -> set[tuple[str, int, str]]:
    return {(span["camera_id"], span["segments"], span["digest"]) for span in lists["secured"]}


def _protection_log(case: Case) -> list[Fields]:
    seen: dict[str, Fields] = {}
    for entry in case.evidence.entries:
        if entry.topic == "hold.events" and "seq" in entry.fields:
            seen.setdefault(str(entry.fields["event_id"]), entry.fields)
    return list(seen.values())


def _clock_right(case: Case, note: Note) -> bool:
    """Whether times of the log can be held against a person's own clock here: not beside a clock that was moved."""
    at = datetime.fromisoformat(note["at"])
    moved = case.evidence.about.get("clock_moved", [])
    return not any(-BESIDE < at - datetime.fromisoformat(f["at"]) < BESIDE + f["lasts_s"] * SECOND for f in moved)


def _age(case: Case, key: Key) -> timedelta:
    return datetime.fromisoformat(case.evidence.about["ended"]) - key[1]


def _digest(keys: list[Key]) -> str:
    lines = sorted((round((start - EPOCH) / timedelta(microseconds=1)), generation) for _, start, generation in keys)
    return hashlib.sha256("".join(f"{micros}/{generation}\n" for micros, generation in lines).encode()).hexdigest()


def _hex(digest: bytes | str) -> str:
    return digest if isinstance(digest, str) else digest.hex()


def _twice(what: str, keys: list[Any]) -> Iterator[str]:
    yield from (f"{what}: {times} times {key}" for key, times in Counter(keys).items() if times > 1)


def _text(key: Key) -> str:
    return f"{key[0]} {key[1].isoformat()} generation {key[2]}"
