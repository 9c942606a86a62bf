"""A certificate checked offline: its own bytes, the log's proofs, its claims against both; and what that can't show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.kernel.canonical import canonical
from services.kernel.certificate.claims import check
from services.kernel.certificate.document import FORMAT, SEAL, digest
from services.kernel.certificate.evidence import Unproven, proven
from services.kernel.policy import Pack

CHECKED: Final = (
    "bytes: canonical, and sealed by their digest",
    "proofs: every entry stands in the log whose size and root the certificate names",
    "claims: footage, hash, policy, mark, clearance, protections and receipt are what those entries say",
    "times: recorded, let go, marked, asked and destroyed follow each other",
)
NEEDS_THE_LOG: Final = "that no protection other than those listed stood: only the whole log shows what isn't in it"
NEEDS_THE_ROOT: Final = "that the log with this root and size is the one that others saw: compare it with --root"
NEEDS_THE_POLICY: Final = "that the policy's own files give these instants: name its folder with --policy"
NEEDS_EYES: Final = "place, stores, agency and what is listed as kept: the public log doesn't hold them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The outcome: valid without faults; and, either way, what this check could and couldn't look at."""

    faults: tuple[str, ...]
    checked: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    subject: Mapping[str, Any] | None = None
    root: str = ""
    size: int = 0

    @property
    def valid(self) -> bool:
        return not self.faults


def verify(content: bytes, *, root: str = "", packs: Mapping[str, Pack] | None = None) -> Verified:
    """Check a certificate's bytes; ``packs`` by digest let its instants be computed again. Never raises."""
    try:
        document = json.loads(content)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            return Verified(faults=(f"this is no {FORMAT}",))
        return _judged(document, content, root, packs or {})
    except Unproven as unproven:
        return Verified(faults=(str(unproven),))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        return Verified(faults=(f"it isn't built as a certificate is: {type(error).__name__} {error}",))


def _judged(document: dict[str, Any], content: bytes, root: str, packs: Mapping[str, Pack]) -> Verified:
    faults = []
    if canonical(document) != content:
        faults.append("its bytes aren't in canonical form: something was added or changed")
    if digest(document) != document[SEAL]:
        faults.append("its digest doesn't fit: something in it was changed")
    log = document["log"]
    if root and root.lower() != log["root"]:
        faults.append(f"the log's root is {log['root']} here and {root.lower()} where you looked")
    entries = proven(log)
    found = [check(segment, entries, packs) for segment in document["segments"]]
    faults += [fault for each in found for fault in each.faults]
    faults += [] if found else ["it certifies nothing"]
    faults += _subject(document)
    withheld = sorted({name for each in found for name in each.withheld})
    computed = all(segment["policy"]["digest"] in packs for segment in document["segments"])
    unchecked = [NEEDS_THE_LOG, NEEDS_EYES, *([] if root else [NEEDS_THE_ROOT])]
    unchecked += [] if computed else [NEEDS_THE_POLICY]
    unchecked += [f"{name}: withheld from the public log" for name in withheld]
    unchecked += sorted({each for one in found for each in one.open})
    return Verified(
        faults=tuple(faults),
        checked=CHECKED,
        unchecked=tuple(unchecked),
        remarks=tuple(_late(document["segments"])),
        subject=document["subject"],
        root=log["root"],
        size=log["size"],
    )


def _late(segments: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A certificate of a late destruction is valid; that it was late belongs to what it says."""
    for segment in segments:
        if segment["maximum"] and segment["destroyed"]["at"] > segment["maximum"]:
            where = f"{segment['camera_id']} {segment['started_at']}"
            yield f"{where}: destroyed {segment['destroyed']['at']}, after its maximum {segment['maximum']}"


def _subject(document: Mapping[str, Any]) -> list[str]:
    """What it certifies must be what it lists."""
    subject, segments = document["subject"], document["segments"]
    if subject["kind"] == "segment":
        own = [{name: each[name] for name in ("camera_id", "started_at", "generation")} for each in segments]
        named = {name: subject[name] for name in ("camera_id", "started_at", "generation")}
        return [] if own == [named] else ["it lists another segment than it is made out for"]
    if subject["kind"] == "hour":
        begins = subject["hour"][:13]
        fits = all(e["camera_id"] == subject["camera_id"] and e["started_at"][:13] == begins for e in segments)
        return [] if fits else ["it lists a segment outside of its hour"]
    return [] if subject["kind"] == "request" and subject["request_id"] else ["it doesn't say what it is made out for"]
