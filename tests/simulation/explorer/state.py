"""What a world consists of at one moment, as small hashable values. The real objects behind them are in ``kernel``."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

ABSENT, KEPT, DESTROYING, GONE = range(4)  # what custody's catalog says of a segment
UNSEEN, OPEN, CLOSED = range(3)  # what custody's table says of a batch

Act = tuple[str, int]


class Told(NamedTuple):
    """What a person was told of one protection. ``flight`` is a set of batches, the others are sets of segments."""

    accepted: bool = False
    flight: int = 0
    effective: bool = False
    destroying: int = 0
    listed: int = 0  # only kept where the list itself is the guard that is missing


class Custody(NamedTuple):
    """Custody's database: all of it comes back from a backup, and nothing else does."""

    read: int  # next offset of hold.events
    gate: int  # clearances count from this offset on
    batches: tuple[int, ...]
    segments: tuple[int, ...]
    unsent: int = 0  # marks whose DestructionStarted is still in the outbox
    settled: bool = False
    judged: int = -1  # a batch that was judged and not yet marked: only without the gate's lock


class Wait(NamedTuple):
    """The last refusal that retention was given for a segment."""

    seq: int
    not_before: datetime | None


class Retention(NamedTuple):
    """Retention's database."""

    read: int
    commanded: int = 0  # batches that are outstanding
    waits: tuple[Wait | None, ...] = ()
    retried: bool = False  # its own dead letter of a record that was unreadable


class Mail(NamedTuple):
    """A record of custody.events that access has still to read."""

    kind: str  # answered or applied
    number: int
    destroying: int = 0


class State(NamedTuple):
    """Everything: databases, logs, bytes, people's knowledge and the clock. Sets are bit maps."""

    clock: int
    log: tuple[int, ...]  # records decided under access' gate, by their names
    topic: tuple[int, ...]  # hold.events as the broker has it
    told: tuple[Told, ...]
    commands: tuple[int, ...]  # deletion.commands: the segment of each batch
    custody: Custody
    backup: Custody | None
    retention: Retention
    recorded: int  # ingest's own log: SegmentRecorded,
    started: int  # DestructionStarted,
    receipts: tuple[int, ...]  # SegmentDestroyed
    named: int  # and what a HoldApplied called destroying
    answered: int  # batches whose BatchAnswered access has read
    stored: int  # locations that have bytes
    filed: int  # segments whose shift is filed
    done: int  # acts of the world that were used up
    forgot: int = 0  # access doesn't know the clearances among so many first records
    frozen: int = -1  # the location that a frozen worker will delete when it wakes
    mail: tuple[Mail, ...] = ()


class Step(NamedTuple):
    """One atomic step. ``fault`` says which promise it breaks; ``system`` steps need no person and no accident."""

    name: str
    number: int
    after: State
    system: bool = True
    fault: str = ""


def members(mask: int) -> list[int]:
    """Return what is in a bit map, ascending."""
    return [i for i in range(mask.bit_length()) if mask >> i & 1]
