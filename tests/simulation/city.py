"""What people, recorders and retention do in the simulated city, one coroutine each.

Whatever they do goes through the services' own commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from services.access.ledger import gate
from services.access.policies.commands import AdoptVersion, Approval
from services.access.policies.decider import Cited, Versions, decide_adoption
from services.access.protections import office, store
from services.access.protections.commands import (
    EndRequestProtection,
    ExtendHold,
    PlaceHold,
    PlaceRescue,
    ProposeRelease,
    ProtectRequest,
    ReleaseHold,
)
from services.access.protections.decider import HoldCommand
from services.access.requests.packs import policy_in_force
from services.ingest.custody.settling import How
from services.ingest.intake.commands import TakeIn
from services.ingest.ledger import Because
from services.ingest.media.found import ClockSource, Probe
from services.ingest.registry.commands import FileShift, MoveCamera
from services.kernel.batches import SegmentKey, lines
from services.kernel.envelope import Actor, recorded
from services.kernel.events import (
    CameraBound,
    CameraKind,
    CameraRegistered,
    DeletionCommanded,
    PolicyInForce,
    ProtectionKind,
    SimulationReported,
)
from services.kernel.policy import Pack
from services.kernel.protection import Protection
from services.kernel.scope import Scope
from tests.fakes.memory.connection import Turn
from tests.simulation.bus import Stored
from tests.simulation.checks import Checks
from tests.simulation.library import DAYS_FIRST, POLICY
from tests.simulation.scheduler import BEGAN
from tests.simulation.world import World

CAMERAS = {"cam-1": CameraKind.FIXED, "cam-2": CameraKind.FIXED, "worn-3": CameraKind.BODY_WORN}
AREAS = ("north", "south")
OFFICERS = ("p-1", "p-2")
PERSON = Actor(id="p-head", role="unit_head", agency="sim")
SECOND = Actor(id="p-second", role="unit_head", agency="sim")
CLERK = Actor(id="p-clerk", role="clerk", agency="sim")
FOUNDED = BEGAN - timedelta(hours=1)  # whatever a database's clock says
MINUTES = 10
PROPOSED_MAX = 8
ASK_AGAIN_S = 0.3


class City:
    """The people, and what they remember."""

    def __init__(self, world: World, checks: Checks) -> None:
        self.world = world
        self.checks = checks
        self.random = world.random
        self.holds: list[UUID] = []
        self.uploaded: list[tuple[str, datetime, int]] = []
        self.files = [self._file(number) for number in range(3)]
        self.shifts = 0
        self.batches: list[UUID] = []
        self.proposed: list[SegmentKey] = []  # lately: an order is most interesting where a deletion is under way

    def _file(self, number: int) -> Path:
        path = self.world.home / f"clip-{number}.mp4"
        path.write_bytes(bytes([number]) * 16)
        return path

    # Before the story begins.
    async def found(self) -> None:
        """Register the cameras and put the first policy in force."""
        world = self.world
        intake, access = world.processes["intake"], world.processes["access"]
        async with world.engine(intake, world.ingest).begin() as tx:
            for camera_id, kind in CAMERAS.items():
                event = registered(camera_id, kind)
                because = Because(actor=PERSON, at=world.scheduler.instant())
                await world.ledger.append(tx, event, stream_id=f"camera/{camera_id}", key=camera_id, because=because)
        pack = world.library.adopt(DAYS_FIRST)
        async with world.engine(access, world.access).begin() as tx:
            seq = await gate(tx)
            ledger = await world.desk.ledger(tx, PERSON)
            in_force = PolicyInForce(
                seq=seq + 1,
                policy_id=POLICY,
                version=pack.version,
                digest=pack.digest,
                binding_from=FOUNDED,
                shortens=False,
            )
            await ledger.protect(in_force, POLICY)
            for at, camera_id in enumerate(CAMERAS):
                seq_of = seq + 2 + at
                bound = CameraBound(
                    seq=seq_of, policy_id=POLICY, camera_id=camera_id, retention_class="", binding_from=FOUNDED
                )
                await ledger.protect(bound, camera_id)

    # Recorders.
    async def upload(self) -> None:
        """New footage, late footage, or the same again."""
        world, chance = self.world, self.random.random()
        if self.uploaded and chance < 0.25:
            camera_id, started, number = self.random.choice(self.uploaded)
        else:
            camera_id = self.random.choice(list(CAMERAS))
            late = self.random.choice((0, 0, 1, 24, 60, 120)) * 60
            started = world.scheduler.instant() - timedelta(minutes=MINUTES + late + self.random.randrange(50))
            started = started.replace(second=0, microsecond=0)
            number = self.random.randrange(len(self.files))
            self.uploaded.append((camera_id, started, number))
        process = world.processes["intake"]
        command = TakeIn(path=self.files[number], camera_id=camera_id, source_id="recorder")
        if self.random.random() < 0.2:
            command = TakeIn(path=self.files[number], camera_id=camera_id, source_id="recorder", started_at=started)
        outcome = await world.intake().take(world.engine(process, world.ingest), command, CLERK, probe(started))
        world.scheduler.note(f"upload {camera_id} {started:%d %H:%M}: {outcome.came} {outcome.refusal}")

    # Facts.
    async def file_shift(self) -> None:
        """Say, late, who wore the device, or correct it."""
        world = self.world
        now = world.scheduler.instant().replace(minute=0, second=0, microsecond=0)
        starts = now - timedelta(hours=self.random.randrange(1, 72))
        self.shifts = self.random.randrange(max(1, self.shifts + 2))
        command = FileShift(
            device_id="worn-3",
            shift=f"s{self.shifts}",
            officer=self.random.choice(OFFICERS),
            shift_from=starts,
            shift_to=starts + timedelta(hours=self.random.randrange(1, 24)),
            incidents=("112-1",) if self.random.random() < 0.3 else (),
        )
        process = world.processes["intake"]
        async with world.engine(process, world.ingest).begin() as tx:
            await world.filing().file_shift(tx, command, PERSON)
        world.scheduler.note(f"shift {command.shift} of {command.officer} from {starts:%d %H:%M} filed")

    async def move_camera(self) -> None:
        """Move a camera to another area, perhaps some days ago."""
        world = self.world
        command = MoveCamera(
            camera_id=self.random.choice(list(CAMERAS)),
            area=self.random.choice(AREAS),
            place="corner",
            direction="north",
            moved_at=world.scheduler.instant() - timedelta(hours=self.random.randrange(72)),
            witnesses=("p-1", "p-2"),
        )
        process = world.processes["intake"]
        async with world.engine(process, world.ingest).begin() as tx:
            await world.filing().move(tx, command, PERSON)
        world.scheduler.note(f"{command.camera_id} moved to {command.area} at {command.moved_at:%d %H:%M}")

    # Orders.
    def scope(self) -> Scope:
        """Return a reach: cameras, an area, an officer, an incident or everything, with an end or without."""
        now = self.world.scheduler.instant()
        known = self.proposed or list(self.checks.locations)
        about = self.random.choice(known).started_at if known and self.random.random() < 0.6 else now
        starts = about - timedelta(hours=self.random.choice((0, 1, 4, 24, 90)))
        breadth = self.world.climate.breadth
        ends = None if self.random.random() < breadth / 4 else starts + timedelta(hours=self.random.randrange(1, 20))
        if self.random.random() >= breadth:
            some = tuple(sorted(self.random.sample(list(CAMERAS), self.random.randrange(1, 3))))
            return Scope(cameras=some, starts_at=starts, ends_at=ends)
        kind = self.random.random()
        if kind < 0.3:
            return Scope(area=self.random.choice(AREAS), starts_at=starts, ends_at=ends)
        if kind < 0.8:
            return Scope(officer=self.random.choice(OFFICERS), starts_at=starts, ends_at=ends)
        return Scope(incident="112-1", starts_at=starts, ends_at=ends)

    async def order(self, command: HoldCommand | None = None) -> None:
        """Place, extend or release something, then wait until the broker has it and look at the answer."""
        world = self.world
        command = command or self._command(world.scheduler.instant())
        engine = world.engine(world.processes["access"], world.access)
        person = SECOND if isinstance(command, ReleaseHold) else PERSON
        seq = await office.alone(engine, world.desk, person, command)
        if command.hold_id not in self.holds:
            self.holds.append(command.hold_id)
        world.scheduler.note(f"{type(command).__name__} {str(command.hold_id)[:8]} at seq {seq}")
        while True:
            async with engine.connect() as tx:
                if (await store.log_position(tx))[1] >= seq:
                    break
            await Turn.sleep(world.scheduler.now + ASK_AGAIN_S)
        await self._look(engine, command.hold_id)

    async def _look(self, engine: Any, hold_id: UUID) -> None:  # noqa: ANN401 - stands in for AsyncEngine
        async with engine.connect() as tx:
            row = next((r for r in await store.protections(tx) if r["hold_id"] == hold_id), None)
            told = (await office.told(tx, [row]))[0] if row is not None else None
        if row is not None and told is not None and told["state"] in {"accepted", "parked", "effective"}:
            in_flight: Any = told["in_flight"]
            self.checks.accepted(hold_id, row["answer_seq"], in_flight)

    def _command(self, now: datetime) -> HoldCommand:
        hold_id, chance = self.world.new_uuid(), self.random.random()
        if self.holds and chance < 0.6:
            known = self.random.choice(self.holds)
            later = now + timedelta(days=30)
            standing = self.checks.log.protections.get(known)
            choices: list[HoldCommand] = [
                ExtendHold(
                    hold_id=known, person="p-head", scope=self.scope(), review_by=later, protects_until=_end(standing)
                ),
                EndRequestProtection(hold_id=known, person="p-head"),
            ]
            if standing is None or standing.kind == "hold":
                choices = [choices[0], ProposeRelease(hold_id=known, person="p-head")]
                choices += [ReleaseHold(hold_id=known, person="p-second")] * 2
            return self.random.choice(choices)
        if chance < 0.8:
            return PlaceHold(
                hold_id=hold_id,
                person="p-head",
                hold_kind="preservation",
                scope=self.scope(),
                matter="112-1",
                authority="court",
                review_by=now + timedelta(days=30),
                confirmed_count=0,
            )
        until = now + timedelta(hours=self.random.randrange(1, 60))
        if chance < 0.9:
            return PlaceRescue(hold_id=hold_id, person="p-head", scope=self.scope(), reason="look", until=until)
        return ProtectRequest(
            hold_id=hold_id,
            request_id=str(hold_id),
            person="p-head",
            scope=self.scope(),
            matter="request",
            authority="law",
            term_ends_at=until,
        )

    async def change_policy(self, days: int = 0) -> None:
        """Adopt a version that keeps longer, or less long: then with notice."""
        world = self.world
        engine = world.engine(world.processes["access"], world.access)
        async with engine.begin() as tx:
            seq = await gate(tx)
            ledger = await world.desk.ledger(tx, PERSON)
            old = await policy_in_force(tx, world.desk, POLICY, ledger.now)
            new = world.library.adopt(days or self.random.randrange(1, 5))
            command = AdoptVersion(
                policy_id=POLICY,
                instrument="order 1",
                simulation_digest="d",
                effective=ledger.now + timedelta(days=1, hours=self.random.randrange(1, 24)),
                approvals=(Approval(person="p-1", role="director"), Approval(person="p-2", role="director")),
                scenarios_passed=1,
            )
            report = Cited(event=simulated(old, new, ledger.now), reported_at=ledger.now)
            adoption = decide_adoption(Versions(old=old, new=new), command, report, seq + 1, ledger.now)
            assert adoption.in_force is not None, adoption
            for document in adoption.documents:
                await ledger.append(f"policy/{POLICY}", document, POLICY)
            await ledger.protect(adoption.in_force, POLICY)
        world.scheduler.note(f"policy version {new.version} from {adoption.in_force.binding_from:%d %H:%M}")

    # Custody's people.
    async def settle(self) -> None:
        """Repair what custody couldn't read; two persons settle it."""
        world = self.world
        engine = world.engine(world.processes["intake"], world.ingest)
        rows = sorted(world.ingest.rows["parked"].values(), key=lambda row: int(row["log_offset"]))
        for row in [row for row in rows if row["settled_at"] is None and row["seq"] is None]:
            world.custody_codec.unreadable.discard(row["raw"])
            for actor in (PERSON, SECOND)[bool(row["proposed_by"]) :]:
                async with engine.begin() as tx:
                    await world.settling().settle(tx, row["parked_id"], How.RETRIED, actor)
            world.scheduler.note(f"parked {row['parked_id']} settled")

    # Retention, as wild as it can be: any command, at any time.
    def propose(self) -> None:
        """Command a batch: of anything that was ever recorded, or a batch that was commanded before."""
        # What is gone is still proposed now and then; most often it is what may go.
        gone = self.checks.receipts if self.random.random() < 0.8 else {}
        known = sorted(key for key in self.checks.locations if key not in gone)
        camera_id = self.random.choice(list(CAMERAS))
        mine = [key for key in known if key.camera_id == camera_id]
        if mine:
            some = self.random.sample(mine, min(len(mine), self.random.randrange(1, 6)))
            repeat = self.batches and self.random.random() < 0.1
            self.command(camera_id, some, self.random.choice(self.batches) if repeat else None)

    def command(self, camera_id: str, some: list[SegmentKey], batch_id: UUID | None = None) -> UUID:
        """Put a DeletionCommanded on its topic; return the id of its batch."""
        batch_id = batch_id or self.world.new_uuid()
        event = DeletionCommanded(
            batch_id=batch_id,
            camera_id=camera_id,
            lines=lines(some),
            policy_id=POLICY,
            policy_version_expected=1,
            rule_ids=(),
        )
        self.put(event, some)
        return batch_id

    def put(self, event: DeletionCommanded, some: Sequence[SegmentKey]) -> None:
        """Put a command on its topic."""
        self.batches.append(event.batch_id)
        self.proposed = [*self.proposed, *some][-PROPOSED_MAX:]
        self.checks.counts.commands += 1
        at = self.world.scheduler.instant()
        record = recorded(event, stream_id=f"batch/{event.batch_id}", stream_version=1, at=at, actor=PERSON)
        value = self.world.codec.encode(record, "retention")
        self.world.bus.append("deletion.commands", Stored(event.camera_id.encode(), {}, value))


def registered(camera_id: str, kind: CameraKind) -> CameraRegistered:
    """Return the record of a new camera."""
    return CameraRegistered(
        camera_id=camera_id,
        kind=kind,
        agency="sim",
        area="north",
        place="corner",
        direction="north",
        mask_areas=(),
        device_owner="",
        values=(),
    )


def simulated(old: Pack, new: Pack, at: datetime) -> SimulationReported:
    """Return the report that a shortening cites."""
    return SimulationReported(
        policy_id=POLICY,
        version=new.version,
        digest=new.digest,
        against=old.digest,
        as_of=at,
        report_digest="d",
        segments=0,
        size_bytes=0,
        cameras=0,
        requests=0,
        holds=0,
    )


def _end(standing: Protection | None) -> datetime | None:
    """Return the end that only a request says of its own protection, as it stands: a person extends holds alone."""
    return None if standing is None or standing.kind == ProtectionKind.HOLD else standing.protects_until


def probe(started: datetime) -> Probe:
    """Return what a look into a whole file finds."""
    return Probe(
        container="mov,mp4,m4a,3gp,3g2,mj2",
        codec="h264",
        width=640,
        height=480,
        frames=100,
        keyframes=10,
        duration_ms=MINUTES * 60_000,
        has_audio=False,
        audio_codec=None,
        size_bytes=16,
        fragmented=False,
        extension_agrees=True,
        started_at=started,
        clock_source=ClockSource.METADATA,
        readings=(),
        doubts=(),
    )
