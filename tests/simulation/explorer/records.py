"""Records of the protection log under small names, so that a state can hold many of them; and their real fold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, cast

from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import CameraBound, DeletionCleared, HoldExtended, HoldPlaced, HoldReleased, PolicyInForce
from services.kernel.ids import EPOCH, PROTECTION_LOG
from services.kernel.protection import ProtectionLog
from tests.simulation.explorer.objects import POLICY, access_now, camera_id, pack
from tests.simulation.explorer.world import World

ACTOR = Actor(id="p-0001", role="system_manager", agency="spd")
ABOUT_A_HOLD = frozenset({"placed", "extended", "released"})
LogEvent = HoldPlaced | HoldExtended | HoldReleased | PolicyInForce | DeletionCleared | CameraBound


class Gist(NamedTuple):
    """What a record is about, for those who must not ask the kernel: the promises and the words."""

    kind: str  # placed, extended, released, policy, cleared or bound
    number: int  # of the protection or the batch
    tick: int  # when it was decided
    until: int | None = None  # tick at which a protection ends
    version: str = ""


class Records:
    """Every record that was ever decided while a world is explored. A record's name is its place here."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.all: list[Recorded] = []
        self.gists: list[Gist] = []
        self._names: dict[tuple[LogEvent, datetime], int] = {}
        self.folded = cache(self._folded)

    def name(self, event: LogEvent, number: int, tick: int, version: str = "") -> int:
        """Return the name of a record, a new one if nobody decided it before."""
        at = access_now(tick)
        if (event, at) not in self._names:
            self._names[event, at] = len(self.all)
            record = recorded(event, stream_id=PROTECTION_LOG, stream_version=event.seq, at=at, actor=ACTOR)
            self.all.append(record)
            self.gists.append(self._gist(event, number, tick, version))
        return self._names[event, at]

    def prelude(self) -> tuple[int, ...]:
        """Return the version in force and the cameras' bindings, which stand on the log before the world begins."""
        first = PolicyInForce(
            seq=1, policy_id=POLICY, version=1, digest=pack("base", 1).digest, binding_from=EPOCH, shortens=False
        )
        found = [self.name(first, -1, -30, "base")]
        for seq, camera in enumerate(sorted({segment.camera for segment in self._world.segments}), 2):
            bound = CameraBound(
                seq=seq, policy_id=POLICY, camera_id=camera_id(camera), retention_class="", binding_from=EPOCH
            )
            found.append(self.name(bound, -1, -30))
        return tuple(found)

    def seq(self, name: int) -> int:
        """Return where a record stands in the order of access' gate."""
        return self.all[name].envelope.stream_version

    def _folded(self, names: tuple[int, ...]) -> ProtectionLog:
        """Fold records by the kernel's own fold. Do not change what this returns: it is remembered."""
        log = ProtectionLog()
        for name in names:
            record = self.all[name]
            if record.envelope.stream_version <= log.seq:
                record = _renumbered(record, log.seq + 1)
            # As Forbids.catch_up: clearances and the unreadable are kept elsewhere, so the numbers here have holes.
            log.seq = record.envelope.stream_version - 1
            log.apply(record)
        return log

    def _gist(self, event: LogEvent, number: int, tick: int, version: str) -> Gist:
        match event:
            case HoldPlaced():
                return Gist("placed", number, tick, self._world.covers[number].until)
            case HoldExtended():
                return Gist("extended", number, tick, tick + 2)
            case HoldReleased():
                return Gist("released", number, tick, tick + 1)
            case PolicyInForce():
                return Gist("policy", number, tick, version=version)
            case DeletionCleared():
                return Gist("cleared", number, tick)
            case _:
                return Gist("bound", number, tick)


def _renumbered(record: Recorded, seq: int) -> Recorded:
    """The same record as if it came anew: only without ``dedup`` or ``order`` does one get so far."""
    event = replace(cast("Any", record.event), seq=seq)
    return replace(record, envelope=replace(record.envelope, stream_version=seq), event=event)
