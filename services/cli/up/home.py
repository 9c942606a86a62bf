"""The data folder of an installation on one machine: what lies where, and the two files that let people in."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import yaml

from services.cli.up.people import DEMO_PEOPLE, DemoPerson


@dataclass(frozen=True, slots=True)
class Home:
    """One folder; everything that ``up`` keeps lies below ``root``."""

    root: Path

    @property
    def stack(self) -> Path:
        return self.root / "stack"

    @property
    def incoming(self) -> Path:
        return self.root / "incoming"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def people_file(self) -> Path:
        return self.root / "people.yaml"

    @property
    def client_file(self) -> Path:
        return self.root / "client.json"

    @property
    def addresses_file(self) -> Path:
        return self.root / "addresses.json"

    def prepare(self) -> None:
        """Create the folders, readable by their owner alone."""
        for folder in (self.root, self.incoming, self.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def tokens(self, people: tuple[DemoPerson, ...] = DEMO_PEOPLE) -> dict[str, str]:
        """Return account -> token of the people of this installation; the first call makes them up."""
        known = self._known_tokens()
        tokens = {one.account: known.get(one.account) or secrets.token_urlsafe(32) for one in people}
        self._write(self.people_file, yaml.safe_dump({"people": [_entry(p, tokens) for p in people]}, sort_keys=False))
        return tokens

    def write_client(self, services: dict[str, str], tokens: dict[str, str]) -> None:
        """Write where the services are and who may call them; the command line reads it."""
        self._write(self.client_file, json.dumps({"services": services, "people": tokens}, indent=2))

    def write_addresses(self, kafka: str, database: str) -> None:
        """Write where broker and database are, for those who run the installation."""
        self._write(self.addresses_file, json.dumps({"kafka": kafka, "database": database}, indent=2))

    def read_addresses(self) -> tuple[str, str] | None:
        """Return broker and database as the last start wrote them; None if there was none."""
        try:
            found = json.loads(self.addresses_file.read_text())
            return str(found["kafka"]), str(found["database"])
        except (FileNotFoundError, ValueError, KeyError):
            return None

    def _known_tokens(self) -> dict[str, str]:
        try:
            found: dict[str, str] = json.loads(self.client_file.read_text())["people"]
        except (FileNotFoundError, ValueError, KeyError):
            return {}
        return found

    def _write(self, path: Path, text: str) -> None:
        # A token in a half-written or world-readable file would be worse than none.
        unfinished = path.with_suffix(f"{path.suffix}.{os.getpid()}.new")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)


def _entry(person: DemoPerson, tokens: dict[str, str]) -> dict[str, object]:
    return {
        "person_id": person.person_id,
        "account": person.account,
        "name": person.name,
        "roles": list(person.roles),
        "rank": person.rank,
        "agency": person.agency,
        "token_sha256": sha256(tokens[person.account].encode()).hexdigest(),
    }
