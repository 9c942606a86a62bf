"""A source's folder: which of its files are footage to come, and where an answered one goes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from services.ingest.sources.source import Afterwards, Source
from services.ingest.waitlist import Mark
from services.runtime.logs import logger

TAKEN_FOLDER, REFUSED_FOLDER = "taken", "refused"
UNFINISHED_SUFFIXES = frozenset({".part", ".tmp", ".temp", ".crdownload", ".filepart"})
log = logger()


def files(folder: Path) -> Iterator[tuple[Path, Mark]]:
    """Yield every file below ``folder`` that may be footage, and its mark. Links to folders aren't followed."""
    if not folder.is_dir():
        log.warning("source.missing", folder=str(folder), remedy="mount it, or correct the source's folder")
    for below, folders, names in os.walk(folder):
        here = Path(below)
        folders[:] = [name for name in folders if is_for_us(here / name, folder)]
        for path in (here / name for name in sorted(names)):
            if is_for_us(path, folder) and (mark := Mark.of(path)) is not None:
                yield path, mark


def is_for_us(path: Path, folder: Path) -> bool:
    """Tell whether a path may be footage: not hidden, not unfinished by its name, not what we set aside."""
    parts = path.relative_to(folder).parts
    ours = bool(parts) and parts[0] in {TAKEN_FOLDER, REFUSED_FOLDER}
    return not ours and not any(part.startswith(".") for part in parts) and path.suffix not in UNFINISHED_SUFFIXES


def lies_in(path: Path, folder: Path) -> bool:
    """Tell whether no link leads out of ``folder`` on the way to ``path``.

    The watcher goes through links to folders: behind one may lie another camera's footage, even our own store.
    """
    return path.parent.resolve() == (folder.resolve() / path.parent.relative_to(folder))


def put_away(source: Source, path: Path, *, taken: bool) -> None:
    """Do with a file that was answered as its source says. One that was refused is set aside, never removed."""
    if taken and source.afterwards is Afterwards.REMOVE:
        path.unlink(missing_ok=True)
        return
    aside = TAKEN_FOLDER if taken else REFUSED_FOLDER
    target = source.folder / aside / path.relative_to(source.folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not lies_in(target, source.folder):
        log.warning("source.linked", source_id=source.source_id, remedy=f"remove the link from {aside}/")
        return
    path.rename(_free(target))


def _free(target: Path) -> Path:
    numbered = (target.with_name(f"{target.stem} ({number}){target.suffix}") for number in range(1, 10_000))
    return next((path for path in (target, *numbered) if not os.path.lexists(path)), target)
