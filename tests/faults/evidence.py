"""What is judged: the topics as bytes, the people's own notes, the storage folder. Kept on disk, to be judged again.

Reads with the published schemas alone; nothing of the services is imported here or in the checker.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.cli.demo.history import TOPICS, History, history
from services.cli.demo.reading import Entry, Raw, SchemaFiles, read_raw
from tests.faults import notes

SCHEMAS = Path(__file__).parents[2] / "schemas"
READ = [topic for topic in TOPICS if topic != "audit.log"]

Note = dict[str, Any]


@dataclass(slots=True)
class Evidence:
    """One run, as it can be seen from outside."""

    entries: list[Entry]
    notes: list[Note]
    store: dict[str, str]  # location -> SHA-256 in hexadecimal
    about: Note = field(default_factory=dict)  # seed, seconds, faults, load

    @property
    def log(self) -> History:
        """The events by name, in log order, repeats of a relay counted once."""
        return history(self.entries)

    def noted(self, what: str) -> list[Note]:
        """Return the notes of one kind."""
        return [note for note in self.notes if note["what"] == what]


def collect(bootstrap: str, store: Path, into: Path) -> None:
    """Write topics and a listing of the store into a folder, beside the notes that lie there."""
    with (into / "topics.jsonl").open("w") as out:
        for raw in read_raw(bootstrap, READ):
            line = [raw.topic, raw.partition, raw.offset, b64encode(raw.value).decode()]
            out.write(json.dumps(line) + "\n")
    (into / "store.json").write_text(json.dumps(_listing(store), indent=0))


def load(folder: Path) -> Evidence:
    """Return what ``collect`` and the people wrote."""
    about = folder / "about.json"
    return Evidence(
        entries=decoded(_raws(folder / "topics.jsonl")),
        notes=notes.read(folder / "people.jsonl"),
        store=json.loads((folder / "store.json").read_text()),
        about=json.loads(about.read_text()) if about.exists() else {},
    )


def decoded(raws: Iterable[Raw]) -> list[Entry]:
    """Decode with the schema files of this release."""
    schemas = SchemaFiles(SCHEMAS)
    return [Entry(raw.topic, raw.partition, raw.offset, *schemas.decode(raw.value)) for raw in raws]


def _raws(path: Path) -> Iterable[Raw]:
    for line in path.read_text().splitlines():
        topic, partition, offset, value = json.loads(line)
        yield Raw(topic, partition, offset, b64decode(value))


def _listing(store: Path) -> dict[str, str]:
    files = [path for path in store.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return {str(path.relative_to(store)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
