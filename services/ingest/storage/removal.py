"""The only code that takes footage away. Only ``services.ingest.custody`` may import it, after DestructionStarted.

Everything else in ingest holds a ``Store``, which has no delete; import-linter keeps it so.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from services.ingest.storage.adapter import Location
from services.ingest.storage.filesystem import FilesystemStore, sync_folder


class Removal(Protocol):
    """Takes bytes out of one store. Locations are used once, so a late call can't meet a later upload (F10)."""

    @property
    def method(self) -> str:
        """How the bytes go, in the receipt's words."""

    def delete(self, location: Location) -> None:
        """Remove what lies there; nothing there is no error. Durable when it returns. Raises StoreUnreachable."""


@dataclass(frozen=True, slots=True)
class FilesystemRemoval:
    """Unlinks one name and syncs its folder; folders that become empty go too, for their names tell of people."""

    store: FilesystemStore
    method: str = "unlinked, folder synced"

    def delete(self, location: Location) -> None:
        """Remove the file. The proof is the store's ``absent``, asked afterwards."""
        self.store.check()
        path = self.store.path_of(location)
        with suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()
            sync_folder(path.parent, self.store.sync)
        self._prune(location)

    def _prune(self, location: Location) -> None:
        folder = self.store.path_of(location).parent
        while folder != self.store.root:
            try:
                folder.rmdir()
                sync_folder(folder.parent, self.store.sync)
            except FileNotFoundError:
                pass  # Another removal was here first.
            except OSError:
                return  # Not empty: footage lies beside it.
            folder = folder.parent
