"""Carry out registry commands: decide, write, and amend what holds were answered when a fact changes their reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.custody.amending import Amending
from services.ingest.custody.forbids import Forbids
from services.ingest.intake import gaps
from services.ingest.ledger import Because, Ledger
from services.ingest.policy import Bound, bound
from services.ingest.registry import decider, store
from services.ingest.registry.commands import (
    AdmitTakeover,
    CameraNote,
    FileShift,
    MoveCamera,
    RegisterCamera,
    RetireCamera,
)
from services.ingest.registry.decider import Present
from services.ingest.registry.registering import register
from services.kernel.envelope import Actor
from services.kernel.events import Event
from services.kernel.ids import from_micros
from services.kernel.policy import Pack
from services.runtime.database import db_now
from services.runtime.kept_packs import KeptPacks

# A camera that moved: everything from then on may be covered differently.
FAR_AHEAD = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Filing:
    """The commands behind ``/cameras``, ``/takeovers`` and ``/shifts``."""

    ledger: Ledger
    packs: KeptPacks
    amending: Callable[[], Amending]
    forbids: Forbids

    async def register(self, tx: AsyncConnection, command: RegisterCamera, actor: Actor) -> Event:
        """Register a camera or device. Raises Refusal."""
        pack = await self._pack(tx, command)
        event = register(await store.camera(tx, command.camera_id), command, pack)
        because = await self._because(tx, actor, policy_version=pack.reference if pack else "")
        await self._camera_event(tx, event, command.camera_id, because)
        return event

    async def note(self, tx: AsyncConnection, command: CameraNote, actor: Actor, present: Present = ()) -> Event:
        """Record an inspection, a permit, maintenance or a mask. Raises Refusal."""
        camera = await store.camera(tx, command.camera_id)
        by = await self._bound(tx, camera.camera_id, camera.kind) if camera else None
        event = decider.note(camera, command, by, present)
        await self._camera_event(tx, event, command.camera_id, await self._because(tx, actor))
        return event

    async def retire(self, tx: AsyncConnection, command: RetireCamera, actor: Actor) -> Event | None:
        """Retire a camera; None if it is retired already. Raises Refusal."""
        event = decider.retire(await store.camera(tx, command.camera_id), command)
        if event is not None:
            await self._camera_event(tx, event, command.camera_id, await self._because(tx, actor))
        return event

    async def admit(self, tx: AsyncConnection, command: AdmitTakeover, actor: Actor) -> Event:
        """Admit a takeover; the same id again is the same takeover. Raises Refusal."""
        event = decider.admit(await store.camera(tx, command.camera_id), command)
        if await store.takeover(tx, command.takeover_id) is None:
            await self._camera_event(tx, event, command.camera_id, await self._because(tx, actor))
        return event

    async def waive(self, tx: AsyncConnection, takeover_id: str, actor: Actor) -> Event | None:
        """Waive a takeover's recovery window as the second person; None if that was done. Raises Refusal."""
        event = decider.waive(await store.takeover(tx, takeover_id), takeover_id, actor.id)
        if event is not None:
            await self._camera_event(tx, event, event.camera_id, await self._because(tx, actor))
        return event

    async def move(self, tx: AsyncConnection, command: MoveCamera, actor: Actor, present: Present = ()) -> Event:
        """Move a camera (C6). Raises Refusal."""
        camera = await store.camera(tx, command.camera_id)
        by = await self._bound(tx, camera.camera_id, camera.kind) if camera else None
        event = decider.move(camera, command, by, present)
        because = await self._because(tx, actor, reason=f"camera {command.camera_id} moved to area {command.area!r}")
        async with self.amending().around(tx, command.camera_id, command.moved_at, FAR_AHEAD, because):
            await self._camera_event(tx, event, command.camera_id, because)
        return event

    async def file_shift(self, tx: AsyncConnection, command: FileShift, actor: Actor) -> Event:
        """File who wore a device (C6), and say which parts of the shift have no footage. Raises Refusal."""
        event = decider.file_shift(await store.camera(tx, command.device_id), command)
        because = await self._because(tx, actor, reason=f"shift {command.shift} filed for {command.device_id}")
        starts, ends = command.shift_from, command.shift_to
        if before := await store.shift_of(tx, command.device_id, command.shift):
            starts, ends = min(starts, from_micros(before[0])), max(ends, from_micros(before[1]))
        async with self.amending().around(tx, command.device_id, starts, ends, because):
            stream = f"shift/{command.device_id}/{command.shift}"
            await self.ledger.append(tx, event, stream_id=stream, key=command.device_id, because=because)
        await gaps.inside_shift(tx, self.ledger, command)
        return event

    async def _pack(self, tx: AsyncConnection, command: RegisterCamera) -> Pack | None:
        """The pack that the record is held against: what binds the camera stands above what the form names."""
        if by := await self._bound(tx, command.camera_id, command.kind):
            return by.pack
        return self.packs.newest(command.policy_id) if command.policy_id else None

    async def _bound(self, tx: AsyncConnection, camera_id: str, kind: str) -> Bound | None:
        await self.forbids.catch_up(tx)
        return bound(self.forbids.log, self.packs, camera_id, kind, await db_now(tx))

    async def _camera_event(self, tx: AsyncConnection, event: Event, camera_id: str, because: Because) -> None:
        await self.ledger.append(tx, event, stream_id=f"camera/{camera_id}", key=camera_id, because=because)

    async def _because(
        self, tx: AsyncConnection, actor: Actor, *, reason: str = "", policy_version: str = ""
    ) -> Because:
        return Because(actor=actor, at=await db_now(tx), reason=reason, policy_version=policy_version)
