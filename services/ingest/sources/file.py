"""The file of sources: read by whoever takes footage in, written whole or not at all, so nobody reads half of one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from services.ingest.sources.source import Afterwards, Source
from services.ingest.waitlist import Mark


class SourcesBroken(ValueError):
    """The file of sources can't be used; the message names the file, what is wrong and the remedy."""


@dataclass(frozen=True, slots=True)
class SourcesFile:
    """One YAML file with a list ``sources``; none means that there are no sources."""

    path: Path

    def read(self) -> list[Source]:
        """Return every source. Raises SourcesBroken."""
        try:
            given = yaml.safe_load(self.path.read_text("utf-8")) or {}
            return [_source(each) for each in given.get("sources") or []]
        except FileNotFoundError:
            return []
        except (OSError, yaml.YAMLError, AttributeError, TypeError, KeyError, ValueError) as wrong:
            raise SourcesBroken(
                f"{self.path} can't be used ({type(wrong).__name__}: {wrong}): name source_id and camera_id of each"
            ) from wrong

    def find(self, source_id: str) -> Source | None:
        """Return one source. Raises SourcesBroken."""
        return next((each for each in self.read() if each.source_id == source_id), None)

    def mark(self) -> Mark | None:
        """Return what tells that the file was written again, None where there is none."""
        return Mark.of(self.path)

    @contextmanager
    def changing(self) -> Iterator[dict[str, Source]]:
        """Lend the sources by id, alone; what they are at the end is written. Raises SourcesBroken."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(f".{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            sources = {each.source_id: each for each in self.read()}
            yield sources
            self._write([as_yaml(each) for each in sources.values()])

    def _write(self, sources: list[dict[str, Any]]) -> None:
        unfinished = self.path.with_name(f".{self.path.name}.new")
        with unfinished.open("w", encoding="utf-8") as file:
            yaml.safe_dump({"sources": sources}, file, allow_unicode=True, sort_keys=False)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path)


def as_yaml(source: Source) -> dict[str, Any]:
    """Return a source in the words of the file and of the API."""
    return {
        "source_id": source.source_id,
        "camera_id": source.camera_id,
        "folder": str(source.folder) if source.watched else "",
        "zone": source.zone.key,
        "name_pattern": source.name_pattern,
        "afterwards": str(source.afterwards),
        "attested": source.attested,
        "watched": source.watched,
    }


def _source(given: Mapping[str, Any]) -> Source:
    watched = bool(given.get("watched", True))
    source = Source(
        source_id=str(given["source_id"]),
        camera_id=str(given["camera_id"]),
        folder=Path(str(given["folder"])) if watched else Path(),
        zone=ZoneInfo(str(given.get("zone", "UTC"))),
        name_pattern=str(given.get("name_pattern", "")),
        afterwards=Afterwards(str(given.get("afterwards", Afterwards.LEAVE))),
        attested=bool(given.get("attested", False)),
        watched=watched,
    )
    assert source.pattern is None or source.pattern.text
    return source
