"""What runs have seen, kept in ``seen.jsonl``: it counts only while the fault, its tests and the source stand."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from tests.mutants.faults import EXPLORE, REPOSITORY, SIMULATE, Planted, listed_pairs, singles

KEPT = Path(__file__).with_name("seen.jsonl")
# What a dose rests on.
DOSES = {EXPLORE: ("tests/simulation/explorer",), SIMULATE: ("tests/simulation", "tests/fakes/memory")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """How the last trial of a fault ended, on which text and at which commit."""

    name: str
    digest: str
    verdict: str
    by: str
    cpu_s: float
    commit: str
    on: str


def digest(planted: Planted, root: Path = REPOSITORY) -> str:
    """Return what a sighting rests on: each fault and the whole file that it stands in, its tests by name and text."""
    told = sha256()
    for mutant in planted.mutants:
        told.update(repr((mutant.name, mutant.path, mutant.old, mutant.new)).encode())
        told.update((root / mutant.path).read_bytes())
    for killer in planted.killed_by:
        told.update(killer.encode())
        for path in _files(killer, root):
            told.update(path.read_bytes())
    return told.hexdigest()[:16]


def stands(planted: Planted, sightings: Mapping[str, Sighting]) -> bool:
    """Tell whether this was seen, and nothing that it rests on has changed since."""
    found = sightings.get(planted.name)
    return found is not None and found.digest == digest(planted)


def read(path: Path = KEPT) -> dict[str, Sighting]:
    """Return the last sighting of each fault and pair, by name."""
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return {each.name: each for each in (Sighting(**json.loads(line)) for line in lines)}


def keep(found: Iterable[Sighting], path: Path = KEPT) -> None:
    """Merge sightings into the file, newest of each name; what isn't planted any more leaves it."""
    known = {planted.name for planted in (*singles(), *listed_pairs())}
    merged = read(path) | {each.name: each for each in found}
    lines = [json.dumps(asdict(merged[name]), ensure_ascii=False) + "\n" for name in sorted(merged) if name in known]
    path.write_text("".join(lines), "utf-8")


def commit_of(planted: Planted) -> str:
    """Return the commit that is checked out, with a + if a file that this rests on differs from it."""
    paths = [*(mutant.path for mutant in planted.mutants), *(k.partition("::")[0] for k in planted.killed_by)]
    changed = _git("status", "--porcelain", "--", *(path for path in paths if (REPOSITORY / path).exists()))
    return _git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def today() -> str:
    """Return the date by which a sighting is told."""
    return datetime.now(UTC).date().isoformat()


def _files(killer: str, root: Path) -> Iterator[Path]:
    if killer.startswith("tests/"):
        path = root / killer.partition("::")[0]
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))
    else:
        found = (path for place in DOSES[killer.partition(":")[0]] for path in sorted((root / place).rglob("*.py")))
        yield from (path for path in found if not path.name.startswith("test_"))


def _git(*arguments: str) -> str:
    ended = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return ended.stdout.strip()
