"""The only code that takes footage away. Only ``services.ingest.custody`` may import it, after DestructionStarted.

Everything else in ingest holds a ``Store``, which has no delete; import-linter keeps it so.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from services.ingest.storage.adapter import BadLocation, Location, RefusedByLock, StoreUnreachable
from services.ingest.storage.descent import folder_of, must_not_be_a_link
from services.ingest.storage.filesystem import FilesystemStore
from services.ingest.storage.naming import checked

# One file's own matter (made immutable, not ours, a folder in its place): the others go on.
KEPT = frozenset({errno.EPERM, errno.EACCES, errno.EISDIR})


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
        """Remove the file; a link raises BadLocation, one that the disk won't let go RefusedByLock.

        The proof is the store's ``absent``, asked afterwards.
        """
        self.store.check()
        try:
            self._unlink(location)
        except OSError as failed:
            where = f"{location!r} can't be removed from store {self.store.name!r}: {failed.strerror}"
            raise (RefusedByLock if failed.errno in KEPT else StoreUnreachable)(where) from failed
        self._prune(location)

    def _unlink(self, location: Location) -> None:
        with suppress(FileNotFoundError, NotADirectoryError), folder_of(self.store.root, checked(location)) as at:
            folder, name = at
            with suppress(FileNotFoundError):
                must_not_be_a_link(folder, name, location)
                # Takes the name away, and never what a link leads to that was put in its place this very moment.
                os.unlink(name, dir_fd=folder)
            # Also for a name that is gone: the try that took it away may have ended before this.
            self.store.sync(folder)

    def _prune(self, location: Location) -> None:
        folders = location.split("/")[:-1]
        for depth in range(len(folders), 0, -1):
            try:
                with folder_of(self.store.root, "/".join(folders[:depth])) as (above, name):
                    os.rmdir(name, dir_fd=above)
                    self.store.sync(above)
            except FileNotFoundError:
                pass  # Another removal was here first.
            except (OSError, BadLocation):
                return  # Not empty: footage lies beside it.
