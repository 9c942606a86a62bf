"""Checks a bundle of copies. Needs Python 3.9 or newer and nothing else: no network, no other file of this system.

python3 verify.py BUNDLE.zip [--root HEX]      exit 0: everything fits, 1: something doesn't, 2: wrong use
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

FORMAT = "camledger.bundle/1"
WITHHELD = "withheld"  # what the public log doesn't say
MANIFEST = "manifest.json"
CHUNK = 1024 * 1024
NOT_CHECKED = (
    "that the log with this root is the one that others saw: compare it with --root",
    "the C2PA signature inside each copy: open it with any C2PA reader and certificates.pem as its anchor",
    "why a copy was made, and what receipt.json says besides: the public log doesn't hold them",
    "what the pictures show",
)


class Bundle:
    """The files of a bundle, from a ZIP or from the folder that it was unpacked to."""

    def __init__(self, path: Path) -> None:
        self._folder = path if path.is_dir() else None
        self._archive = None if path.is_dir() else ZipFile(path)

    def names(self) -> set[str]:
        if self._folder is not None:
            return {p.relative_to(self._folder).as_posix() for p in self._folder.rglob("*") if p.is_file()}
        assert self._archive is not None
        return set(self._archive.namelist())

    def twice(self) -> list[str]:
        names = self._archive.namelist() if self._archive is not None else []
        return sorted({name for name in names if names.count(name) > 1})

    def open(self, name: str) -> BinaryIO:
        if self._folder is not None:
            return (self._folder / name).open("rb")
        assert self._archive is not None
        return self._archive.open(name)  # type: ignore[return-value]

    def read(self, name: str) -> bytes:
        with self.open(name) as file:
            return file.read()


def check(bundle: Bundle, root: str = "") -> list[str]:
    """Return what doesn't fit; an empty list means that everything does."""
    if MANIFEST not in bundle.names():
        return [f"there is no {MANIFEST}: this is no bundle"]
    manifest = json.loads(bundle.read(MANIFEST))
    if manifest.get("format") != FORMAT:
        return [f"this is no {FORMAT}"]
    faults = [*files_fit(bundle, manifest)]
    if faults:
        # What the other files say means nothing once one of them was changed.
        return faults
    lineage = json.loads(bundle.read("lineage.json"))["copies"]
    audit = json.loads(bundle.read("audit.json"))
    request_id = manifest["request_id"]
    return [
        *lineage_fits(manifest, lineage),
        *log_fits(audit, root),
        *copies_are_on_the_log(lineage, audit, request_id),
    ]


def files_fit(bundle: Bundle, manifest: dict[str, Any]) -> Iterator[str]:
    """Every file that the manifest lists is there, whole; and no other is."""
    listed = {each["name"]: each for each in manifest["files"]}
    yield from (f"{name} is there more than once: programs differ in which they open" for name in bundle.twice())
    there = bundle.names() - {MANIFEST}
    yield from (f"{name} is missing" for name in sorted(listed.keys() - there))
    yield from (f"{name} isn't in the manifest" for name in sorted(there - listed.keys()))
    for name in sorted(listed.keys() & there):
        size, digest = measured(bundle, name)
        if (size, digest) != (listed[name]["size_bytes"], listed[name]["sha256"]):
            yield f"{name} was changed: its hash is {digest}, the manifest says {listed[name]['sha256']}"


def measured(bundle: Bundle, name: str) -> tuple[int, str]:
    size, digest = 0, sha256()
    with bundle.open(name) as file:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            digest.update(chunk)
    return size, digest.hexdigest()


def lineage_fits(manifest: dict[str, Any], lineage: list[dict[str, Any]]) -> Iterator[str]:
    """Each piece of footage is a copy of the lineage, and each derivative names an original that is in it."""
    hashes = {each["name"]: each["sha256"] for each in manifest["files"] if each["name"].startswith("footage/")}
    told = {each["file"]: each for each in lineage if each["file"]}
    yield from (f"{name} has no lineage" for name in sorted(hashes.keys() - told.keys()))
    yield from (f"{name} is told of and isn't here" for name in sorted(told.keys() - hashes.keys()))
    originals = {each["sha256"]: each["copy_number"] for each in lineage if each["form"] == "original"}
    for name, each in sorted(told.items()):
        if name in hashes and each["sha256"] != hashes[name]:
            yield f"{name}: the lineage says another hash than the manifest"
    for each in lineage:
        if each["form"] != "original" and each["derived_from"] not in originals:
            yield f"copy {each['copy_number']} is {each['form']} and names no original of this bundle"
        if each["form"] == "original" and each["derived_from"]:
            yield f"copy {each['copy_number']} calls itself an original and names one"


def log_fits(audit: dict[str, Any], root: str) -> Iterator[str]:
    """Each entry leads to the root that its extract names; if a root is given, one of the extracts has it."""
    for extract in audit["extracts"]:
        for each in extract["entries"]:
            if not included(each, extract["size"], bytes.fromhex(extract["root"])):
                yield f"entry {each['index']} ({each['event_type']}) isn't in the log whose root is {extract['root']}"
    roots = {extract["root"] for extract in audit["extracts"]}
    if root and root.lower() not in roots:
        yield f"no extract of this bundle is of the log with the root {root.lower()}"
    elif len(roots) > 1:
        # One that is known from elsewhere would vouch for the others, which anybody can make up.
        yield f"its extracts are of {len(roots)} logs: {', '.join(sorted(roots))}"


def copies_are_on_the_log(lineage: list[dict[str, Any]], audit: dict[str, Any], request_id: str) -> Iterator[str]:
    """What the log says of a copy is what the bundle says; a copy that the log hasn't yet is named as absent."""
    entries = [json.loads(each["entry"]) for extract in audit["extracts"] for each in extract["entries"]]
    made = {each["event"]["copy_id"]: logged(each) for each in entries if each["type"] == "CopyMade"}
    absent = set(audit["absent"])
    for copy in lineage:
        told = made.get(copy["copy_id"])
        if told is None:
            if copy["event_id"] not in absent:
                yield f"copy {copy['copy_number']} isn't in the extract of the log, and isn't named as absent"
            continue
        for name, says in told.items():
            here = request_id if name == "request_id" else comparable(name, copy[name])
            if says not in (WITHHELD, here):
                yield f"copy {copy['copy_number']}: the log says {name} {says}, the bundle {here}"


def logged(entry: dict[str, Any]) -> dict[str, Any]:
    """What an entry says of a copy, by the names of the lineage: nothing in that may be taken on trust."""
    event, envelope = entry["event"], entry["envelope"]
    cameras = sorted({each["camera_id"] for each in event["footage"]})
    same = ("request_id", "copy_number", "sha256", "derived_from", "form", "native_sha256", "provenance")
    told = {name: event[name] for name in same if name in event}
    told["event_id"], told["applicant"], told["made_by"] = envelope["event_id"], event["person"], envelope["actor_id"]
    told["cameras"] = WITHHELD if WITHHELD in cameras else cameras
    for name, at in (("footage_from", event), ("footage_to", event), ("made_at", envelope)):
        told[name] = comparable(name, at["recorded_at" if at is envelope else name])
    return told


def comparable(name: str, told: Any) -> Any:  # noqa: ANN401 - JSON
    """An instant in one form: the log writes microseconds always, the lineage where there are any."""
    if name not in ("footage_from", "footage_to", "made_at"):
        return told
    return datetime.fromisoformat(told.replace("Z", "+00:00")).isoformat()


def included(entry: dict[str, Any], size: int, root: bytes) -> bool:
    """Walk from an entry to the root (RFC 6962, section 2.1.1)."""
    index, last, node = entry["index"], size - 1, sha256(b"\x00" + entry["entry"].encode()).digest()
    if not 0 <= index <= last:
        return False
    for step in (bytes.fromhex(each) for each in entry["path"]):
        if last == 0:
            return False
        if index % 2 or index == last:
            node = sha256(b"\x01" + step + node).digest()
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            node = sha256(b"\x01" + node + step).digest()
        index, last = index // 2, last // 2
    return last == 0 and node == root


def main() -> int:
    parser = argparse.ArgumentParser(description="Check a bundle of copies.")
    parser.add_argument("bundle", type=Path, nargs="?", default=Path(__file__).resolve().parent)
    parser.add_argument("--root", default="", help="root of the log as you know it from elsewhere")
    asked = parser.parse_args()
    try:
        bundle = Bundle(asked.bundle)
        faults = check(bundle, asked.root)
    except (OSError, BadZipFile, ValueError, KeyError, TypeError, AttributeError) as error:
        say(f"this can't be read as a bundle: {type(error).__name__}: {error}")
        return 1
    for fault in faults:
        say(f"FAULT  {fault}")
    if faults:
        return 1
    say_what_fits(bundle)
    return 0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def say_what_fits(bundle: Bundle) -> None:
    manifest, audit = json.loads(bundle.read(MANIFEST)), json.loads(bundle.read("audit.json"))
    lineage = json.loads(bundle.read("lineage.json"))["copies"]
    entries = sum(len(extract["entries"]) for extract in audit["extracts"])
    say(f"receipt {manifest['receipt_number']} for request {manifest['request_id']}")
    say(f"fits     {len(manifest['files'])} files, each with its hash; {len(lineage)} copies, each with its lineage")
    say(f"fits     {entries} entries of the log, each with its proof")
    for extract in audit["extracts"]:
        say(f"         root {extract['root']} over {extract['size']} entries of {extract['origin']}")
    if audit["absent"]:
        say(
            f"open     {len(audit['absent'])} events weren't in the log yet when this was made: ask for its entry later"
        )
    for each in NOT_CHECKED:
        say(f"open     {each}")


if __name__ == "__main__":
    sys.exit(main())
