"""Take one file in: look, judge, hash, store, catalogue. A crash anywhere leaves the file at its source and no half."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.catalog import store as catalog
from services.ingest.custody.forbids import Forbids
from services.ingest.intake import decider, recording, refusing, store
from services.ingest.intake.commands import Came, Outcome, TakeIn
from services.ingest.intake.decider import Accept, Case, Known, Refuse
from services.ingest.ledger import Ledger
from services.ingest.media.found import Probe
from services.ingest.media.found import Refusal as NotFootage
from services.ingest.media.names import NamePattern
from services.ingest.media.probe import probe
from services.ingest.media.process import MediaProcess
from services.ingest.media.remux import without_sound
from services.ingest.policy import Packs, bound
from services.ingest.registry import store as registry
from services.ingest.storage.adapter import StorageExhausted, Store, StoreUnreachable
from services.ingest.storage.copies import Stores, sha256_of
from services.ingest.work_folders import working_in
from services.kernel.envelope import Actor
from services.runtime import telemetry
from services.runtime.database import db_now


@dataclass(slots=True)
class Intake:
    """The way in. One instance per event loop; files may come concurrently."""

    ledger: Ledger
    forbids: Forbids
    packs: Packs
    stores: Stores
    quarantine: Store
    media: MediaProcess
    workshop: Path  # for files that are treated before they are stored; emptied at start

    async def take(
        self,
        engine: AsyncEngine,
        command: TakeIn,
        actor: Actor,
        found: Probe | NotFootage | None = None,
        pattern: NamePattern | None = None,
    ) -> Outcome:
        """Take the file in, or record why not. The source's file is only read. Never raises for a bad file."""
        with telemetry.span("ingest.take_file", camera_id=command.camera_id):
            looked = found
            if looked is None:
                named = PurePath(command.source_path) if command.source_path else None
                looked = await asyncio.to_thread(probe, self.media, command.path, pattern=pattern, named=named)
            async with engine.begin() as tx:
                case = await self._case(tx, command, looked)
            verdict = decider.judge(case)
            if isinstance(verdict, Refuse):
                return await self._refuse(engine, command, verdict, actor)
            return await self._accepted(engine, case, verdict, actor)

    async def _case(self, tx: AsyncConnection, command: TakeIn, found: Probe | NotFootage) -> Case:
        camera, now = await registry.camera(tx, command.camera_id), await db_now(tx)
        await self.forbids.catch_up(tx)
        by = bound(self.forbids.log, self.packs, camera.camera_id, camera.kind, now) if camera else None
        at = command.started_at or (found.started_at if isinstance(found, Probe) else None) or now
        shift, officer = await registry.worn_at(tx, command.camera_id, at)
        ended = await store.programme_ended_at(tx, by.pack.id) if by else None
        takeover = await registry.takeover(tx, command.takeover_id) if command.takeover_id else None
        return Case(
            command=command,
            camera=camera,
            by=by,
            found=found,
            takeover=takeover if takeover and takeover.camera_id == command.camera_id else None,
            shift=command.shift or shift,
            officer=command.officer or officer,
            programme_ended_at=ended,
            now=now,
        )

    async def _accepted(self, engine: AsyncEngine, case: Case, accept: Accept, actor: Actor) -> Outcome:
        async with self._treated(case, accept) as treated:
            if isinstance(treated, NotFootage):
                refuse = Refuse(refusal="NotTreatable", explanation=treated.message)
                return await self._refuse(engine, case.command, refuse, actor)
            sha256 = await asyncio.to_thread(sha256_of, treated)
            async with engine.begin() as tx:
                generations = await catalog.starting_at(tx, case.command.camera_id, accept.started_at)
            match decider.identify(generations, bytes.fromhex(sha256)):
                case Known() as known:
                    return _already(known)
                case Refuse() as refuse:
                    return await self._refuse(engine, case.command, refuse, actor)
                case int() as generation:
                    return await self._store(
                        engine, case, accept, path=treated, sha256=sha256, generation=generation, actor=actor
                    )

    @asynccontextmanager
    async def _treated(self, case: Case, accept: Accept) -> AsyncIterator[Path | NotFootage]:
        if not accept.strip_audio:
            yield case.command.path
            return
        with working_in(self.workshop, "treated-") as folder:
            target = folder / f"pictures{case.command.path.suffix}"
            made = await asyncio.to_thread(without_sound, self.media, case.command.path, target)
            yield made if isinstance(made, NotFootage) else target

    async def _store(
        self,
        engine: AsyncEngine,
        case: Case,
        accept: Accept,
        *,
        path: Path,
        sha256: str,
        generation: int,
        actor: Actor,
    ) -> Outcome:
        size = await asyncio.to_thread(os.path.getsize, path)
        async with engine.begin() as tx:
            mask = await registry.mask_at(tx, case.command.camera_id, accept.started_at)
        event = recording.event(case, accept, generation=generation, sha256=sha256, size=size, mask=mask)
        pending = store.Pending(
            intake_id=uuid4(), location=event.location, segment=recording.to_json(event, case, actor)
        )
        async with engine.begin() as tx:
            await store.begin(tx, pending.intake_id, pending.location, pending.segment)
        try:
            stored = await asyncio.to_thread(self.stores.first.put, path, recording.place(event))
        except StorageExhausted as full:
            return await self._no_room(engine, case.command, pending, full, size)
        except StoreUnreachable as unreachable:
            # The journal's row stays: nobody knows what lies there until the store answers again.
            return _later(unreachable)
        if stored.sha256 != sha256:
            # The journal's row stays: the reconcile of custody takes the bytes away.
            refuse = Refuse(
                refusal="StillBeingWritten", explanation=f"{case.command.path.name} changed while it was read"
            )
            return await self._refuse(engine, case.command, refuse, actor)
        async with engine.begin() as tx:
            await refusing.recovered(tx, self.ledger, event.camera_id, self.stores.first.name)
            return await recording.commit(tx, self.ledger, pending, replicate=bool(self.stores.replicas))

    async def _no_room(
        self, engine: AsyncEngine, command: TakeIn, pending: store.Pending, full: StorageExhausted, size: int
    ) -> Outcome:
        async with engine.begin() as tx:
            await store.finish(tx, pending.intake_id)
            await refusing.exhausted(tx, self.ledger, command.camera_id, full, size)
        return Outcome(came=Came.NO_ROOM, refusal="StorageExhausted", explanation=str(full), remedy="Add space.")

    async def _refuse(self, engine: AsyncEngine, command: TakeIn, refuse: Refuse, actor: Actor) -> Outcome:
        return await refusing.refuse(engine, self.ledger, self.quarantine, command=command, reason=refuse, actor=actor)


def _later(unreachable: StoreUnreachable) -> Outcome:
    remedy = "Repair the store; the file is taken when it is offered again."
    return Outcome(came=Came.REFUSED, refusal="StoreUnreachable", explanation=str(unreachable), remedy=remedy)


def _already(known: Known) -> Outcome:
    had = known.footage
    return Outcome(
        came=Came.ALREADY_HAVE,
        key=had.key,
        sha256=had.sha256.hex(),
        size_bytes=had.size_bytes,
        explanation=f"already have it, taken in at {had.recorded_at.isoformat()}",
    )
