"""What all parts of ingest share, wired once: stores with what may remove from them, packs, journal, folders."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.custody.forbids import Forbids
from services.ingest.custody.opening import Opened, open_stores
from services.ingest.custody.reading import Standing
from services.ingest.intake.taking import Intake
from services.ingest.ledger import Ledger
from services.ingest.media.process import MediaProcess
from services.ingest.settings import IngestSettings
from services.ingest.storage.copies import Stores
from services.ingest.storage.filesystem import FilesystemStore
from services.ingest.storage.removal import Removal
from services.ingest.viewing.folder import CopyFolder
from services.ingest.viewing.making import ViewingCopies
from services.ingest.viewing.removal import WithViewingCopies
from services.ingest.work_folders import emptied
from services.runtime.codec import Codec
from services.runtime.kept_packs import KeptPacks
from services.runtime.outbox import Outbox
from services.runtime.registry import open_registry
from services.runtime.settings import Settings

SERVICE = "ingest"


@dataclass(slots=True)
class Wiring:
    """Everything that rooms share. Each event loop gets its own memory of the protection log."""

    settings: Settings
    own: IngestSettings
    codec: Codec
    ledger: Ledger
    packs: KeptPacks
    stores: Stores
    removals: dict[str, Removal]
    quarantine: FilesystemStore
    media: MediaProcess
    viewing: ViewingCopies
    folder: Path
    standing: Standing = field(default_factory=Standing)

    def forbids(self) -> Forbids:
        return Forbids(self.codec)

    async def sweep_viewing(self, engine: AsyncEngine) -> None:
        """Erase viewing copies whose lease is over."""
        del engine
        await asyncio.to_thread(self.viewing.turn)

    def intake(self) -> Intake:
        """Return a way in for one event loop."""
        return Intake(
            ledger=self.ledger,
            forbids=self.forbids(),
            packs=self.packs,
            stores=self.stores,
            quarantine=self.quarantine,
            media=self.media,
            workshop=self.folder / "workshop",
        )


def wire(settings: Settings, own: IngestSettings, *, tidy: bool = True, opened: Opened | None = None) -> Wiring:
    """Open folders and wire what rooms share; ``tidy`` clears what killed uploads left behind.

    Stores that aren't ``opened`` yet are taken as they lie there.
    """
    folder = settings.home / SERVICE
    opened = opened or open_stores(own, folder)
    quarantine = FilesystemStore.create(folder / "quarantine", "quarantine", reserve_bytes=own.reserve_bytes)
    if tidy:
        for store in (*opened.stores.by_name.values(), quarantine):
            store.clear_unfinished()
        for name in ("workshop", "uploads"):
            emptied(folder / name)
    codec = Codec(open_registry(settings))
    viewing = CopyFolder(folder / "viewing", own.viewing_bytes_max)
    first = opened.stores.first
    return Wiring(
        settings=settings,
        own=own,
        codec=codec,
        ledger=Ledger(Outbox(SERVICE, codec, settings)),
        packs=KeptPacks(settings.policies, folder / "policies"),
        stores=opened.stores,
        # What was derived from footage goes with it, before custody can prove it absent.
        removals=opened.removals | {first.name: WithViewingCopies(opened.removals[first.name], viewing)},
        quarantine=quarantine,
        media=MediaProcess(),
        viewing=ViewingCopies(viewing, first),
        folder=folder,
    )
