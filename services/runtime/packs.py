"""Loads policy packs from folders: strict YAML, JSON Schema per kind of file, lint, and the folder's digest.

Every fault names file, line, value, rule and remedy; a pack with any fault isn't loaded at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from services.kernel.policy import Pack, pack_from
from services.kernel.policy.coverage import ClauseEntry, clause_entries
from services.kernel.policy.facts import Facts, mappings
from services.kernel.policy.lint import Flaw, Folder, lint
from services.kernel.policy.scenarios import Scenario, scenario_from
from services.runtime.settings import REPOSITORY
from services.runtime.strict_yaml import Parsed, YamlFault, parse

POLICY: Final = "policy.yaml"
CLAUSES: Final = "clauses.yaml"
CALENDAR: Final = "calendar.yaml"
SCHEMA: Final = REPOSITORY / "schemas" / "policy" / "pack.schema.json"

# Which kind of file may stand where; the file itself says so too, and both must agree.
_FORMATS: Final = {
    POLICY: "camledger.policy/1",
    CLAUSES: "camledger.clauses/1",
    CALENDAR: "camledger.calendar/1",
    "scenarios": "camledger.scenarios/1",
    "forms": "camledger.form/1",
}
_FAULTS_MAX: Final = 50
_SHOWN_CHARS_MAX: Final = 60
_CHECKED_MAX: Final = 64
_CHECKED: Final[dict[tuple[Path, str], PackFolder]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFault:
    """One thing that is wrong with a pack, said so that its author can put it right."""

    file: str
    line: int
    where: str
    says: str
    remedy: str

    def __str__(self) -> str:
        where = f" {self.where}:" if self.where else ""
        return f"{self.file}:{self.line}:{where} {self.says}; {self.remedy}"


class PackBroken(ValueError):
    """The folder isn't a valid pack; ``faults`` lists everything that was found."""

    def __init__(self, folder: Path, faults: Sequence[PackFault]) -> None:
        super().__init__(f"{folder}: {len(faults)} fault(s)\n" + "\n".join(f"  {fault}" for fault in faults))
        self.folder, self.faults = folder, tuple(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFolder:
    """A loaded pack with everything that stands beside it."""

    path: Path
    pack: Pack
    clauses: tuple[ClauseEntry, ...]
    scenarios: tuple[Scenario, ...]
    forms: Mapping[str, Facts] = field(default_factory=dict)


def load_pack(folder: Path) -> Pack:
    """Load one pack for a service; raises PackBroken."""
    return load_checked(folder).pack


def load_checked(folder: Path) -> PackFolder:
    """Load a pack without its scenarios, which only count in the digest: ``policy test`` and an adoption run them.

    The same bytes in the same place are checked once in a process. Raises PackBroken.
    """
    folder = folder.resolve()
    known = _CHECKED.get((folder, folder_digest(folder)))
    if known is None:
        known = load_folder(folder, scenarios=False)
        while len(_CHECKED) >= _CHECKED_MAX:
            del _CHECKED[next(iter(_CHECKED))]
        _CHECKED[folder, known.pack.digest] = known
    return known


def load_packs(policies: Path) -> dict[str, Pack]:
    """Load every pack of a folder of packs, by pack id; raises PackBroken for the first broken one."""
    packs = [load_pack(folder) for folder in pack_folders(policies)]
    return {pack.id: pack for pack in packs}


def pack_folders(policies: Path) -> tuple[Path, ...]:
    """Folders below ``policies`` that hold a ``policy.yaml``, by name."""
    return tuple(sorted(path.parent for path in policies.glob(f"*/{POLICY}")))


def folder_digest(folder: Path) -> str:
    """Sha256 over the sorted list of the folder's YAML files: ``<sha256>  <relative path>`` and a newline for each."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in _files(folder)
    ]
    return hashlib.sha256("".join(sorted(lines, key=lambda line: line[66:])).encode()).hexdigest()


def load_folder(folder: Path, *, scenarios: bool = True) -> PackFolder:
    """Load a pack with its clauses, scenarios and forms; raises PackBroken with every fault found."""
    folder = folder.resolve()
    faults: list[PackFault] = []
    parsed = _parsed(folder, faults, scenarios=scenarios)
    for needed in (POLICY, CLAUSES):
        if needed not in parsed and not faults:
            faults.append(_fault(needed, 1, "", "the file is missing", "write it; docs/policy-format.md shows how"))
    for name, document in parsed.items():
        faults.extend(_schema_faults(name, document))
    if faults:
        raise PackBroken(folder, faults[:_FAULTS_MAX])
    loaded = _built(folder, parsed)
    check = Folder(pack=loaded.pack, clauses=loaded.clauses, scenarios=loaded.scenarios, forms=loaded.forms)
    if flaws := [_from_flaw(flaw, parsed) for flaw in lint(check)]:
        raise PackBroken(folder, flaws[:_FAULTS_MAX])
    return loaded


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(path for path in folder.rglob("*") if path.suffix in {".yaml", ".yml"} and path.is_file()))


def _parsed(folder: Path, faults: list[PackFault], *, scenarios: bool) -> dict[str, Parsed]:
    found: dict[str, Parsed] = {}
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".yml" or _kind(name) not in _FORMATS:
            faults.append(_fault(name, 1, "", "no such file belongs to a pack", "rename, move or delete it"))
            continue
        if _kind(name) == "scenarios" and not scenarios:
            continue
        try:
            found[name] = parse(path.read_text(encoding="utf-8"))
        except YamlFault as fault:
            faults.append(_fault(name, fault.line, "", fault.says, fault.remedy))
        except UnicodeDecodeError:
            faults.append(_fault(name, 1, "", "the file isn't UTF-8 text", "save it as UTF-8"))
    return found


def _kind(name: str) -> str:
    return name.split("/", maxsplit=1)[0]


def _schema_faults(name: str, document: Parsed) -> Iterator[PackFault]:
    wanted = _FORMATS[_kind(name)]
    said = document.value.get("format") if isinstance(document.value, dict) else None
    if said != wanted:
        yield _fault(name, document.line(("format",)), "format", f"says {said!r}", f"write format: {wanted}")
        return
    for error in sorted(_validator().iter_errors(document.value), key=lambda each: list(map(str, each.absolute_path))):
        yield _from_schema(name, document, error)
    if name == POLICY and (zone := _unknown_zone(document.value)):
        line = document.line(("time", "zone"))
        yield _fault(name, line, "time.zone", f"{zone!r} is no IANA zone", "write one such as Asia/Taipei")


def _deepest(error: ValidationError) -> tuple[ValidationError, str]:
    """The most telling error, the one furthest inside the file, and what the schema around it wants."""
    wanted = _wanted(error)
    while error.context:
        error = max(error.context, key=lambda each: len(each.absolute_path))
        wanted = _wanted(error) or wanted
    return error, wanted or "see docs/policy-format.md for what may stand here"


def _wanted(error: ValidationError) -> str:
    return str(error.schema.get("description", "")) if isinstance(error.schema, Mapping) else ""


def _from_schema(name: str, document: Parsed, broken: ValidationError) -> PackFault:
    error, remedy = _deepest(broken)
    path = tuple(error.absolute_path)
    shown = json.dumps(error.instance, ensure_ascii=False, default=str)
    value = shown if len(shown) <= _SHOWN_CHARS_MAX else shown[:_SHOWN_CHARS_MAX] + "…"
    says = error.message if len(error.message) <= 2 * _SHOWN_CHARS_MAX else f"{value} fails {error.validator}"
    return _fault(name, document.line(path), _rule_at(document.value, path), says, remedy)


def _rule_at(value: object, path: Sequence[str | int]) -> str:
    """The id of the innermost rule around a place, and the place below it."""
    found, rest = "", list(path)
    for depth, key in enumerate(path):
        value = value[key] if isinstance(value, (dict, list)) else None  # type: ignore[index]
        if isinstance(value, dict) and isinstance(value.get("id"), str):
            found, rest = value["id"], list(path[depth + 1 :])
    return ".".join(str(part) for part in ([found] if found else []) + rest)


def _unknown_zone(document: object) -> str:
    zone = document.get("time", {}).get("zone") if isinstance(document, dict) else ""
    try:
        ZoneInfo(str(zone))
    except (KeyError, ValueError, OSError):
        return str(zone)
    return ""


def _built(folder: Path, parsed: Mapping[str, Parsed]) -> PackFolder:
    calendar = _document(parsed[CALENDAR]) if CALENDAR in parsed else None
    return PackFolder(
        path=folder,
        pack=pack_from(_document(parsed[POLICY]), digest=folder_digest(folder), calendar=calendar),
        clauses=clause_entries(_document(parsed[CLAUSES])),
        scenarios=tuple(_scenarios(parsed)),
        forms={name: _document(each) for name, each in parsed.items() if _kind(name) == "forms"},
    )


def _scenarios(parsed: Mapping[str, Parsed]) -> Iterator[Scenario]:
    for name, document in parsed.items():
        if _kind(name) == "scenarios":
            for index, raw in enumerate(mappings(_document(document).get("scenarios"))):
                yield scenario_from(raw, file=name, line=document.line(("scenarios", index)))


def _document(parsed: Parsed) -> Facts:
    assert isinstance(parsed.value, dict)
    return parsed.value


def _from_flaw(flaw: Flaw, parsed: Mapping[str, Parsed]) -> PackFault:
    document = parsed.get(flaw.file)
    line = document.line(flaw.path) if document is not None else 1
    return _fault(flaw.file, line, flaw.where, flaw.says, flaw.remedy)


def _fault(file: str, line: int, where: str, says: str, remedy: str) -> PackFault:
    return PackFault(file=file, line=line, where=where, says=says, remedy=remedy)


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)
