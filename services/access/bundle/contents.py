"""What stands in a bundle besides the footage: lineage, receipt, list of files. Pure; names no person but by id."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from services.access.bundle import verify
from services.access.protections.wording import iso
from services.access.requests.file import Copy, RequestFile
from services.access.requests.form import nested
from services.kernel.policy.facts import lookup, text

README: Final = """\
This bundle holds copies of recordings, and what shows where they come from.

    python3 verify.py            checks all of it, without a network (Python 3.9 or newer)

footage/          the copies: originals as they were recorded, marked or redacted ones beside them
lineage.json      each copy: number, hash, what it was made from, when and why
audit.json        what the log says of this request, each entry with its proof (RFC 6962)
certificates.pem  whose signature stands in the copies (C2PA); every C2PA reader can check it
receipt.json      what was handed to whom under which number; it is signed where the copies were asked for
manifest.json     every file with its hash; the log keeps the hash of this list

本卷內含錄影複本，以及足以證明其來源之資料。請以 Python 3.9 以上版本執行 python3 verify.py 檢查，無須連線網路。
footage/ 為複本（原件、加註版及遮蔽版）；lineage.json 為各複本之編號、雜湊值及來源；audit.json 為紀錄摘錄及其證明；
certificates.pem 為複本內簽章之憑證；receipt.json 為交付收據；manifest.json 為全部檔案之清單及雜湊值。
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """One copy in a bundle: its event, the file on our disk, and the name that it gets."""

    copy: Copy
    path: Path
    name: str
    event_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Everything but the footage itself; ``manifest`` lists both."""

    manifest: bytes
    texts: Mapping[str, bytes]
    footage: Sequence[Footage]

    @property
    def digest(self) -> bytes:
        """Return the hash of the manifest, which the log keeps."""
        return sha256(self.manifest).digest()


def contents(  # noqa: PLR0917 - the wiring comes first, then the case
    file: RequestFile,
    footage: Sequence[Footage],
    audit: Mapping[str, Any],
    certificates: str,
    receipt_number: str,
    now: datetime,
) -> Contents:
    """Return the texts of a bundle and the list of all its files."""
    texts = {
        "README.txt": README.encode(),
        "lineage.json": canonical({"copies": [line_of(each) for each in footage]}),
        "audit.json": canonical(audit),
        "certificates.pem": certificates.encode(),
        "receipt.json": canonical(receipt(file, footage, receipt_number, now)),
        "verify.py": Path(verify.__file__).read_bytes(),
    }
    listed = [{"name": n, "sha256": sha256(c).hexdigest(), "size_bytes": len(c)} for n, c in texts.items()]
    listed += [
        {"name": each.name, "sha256": each.copy.made.sha256.hex(), "size_bytes": each.copy.made.size_bytes}
        for each in footage
    ]
    manifest = {
        "format": verify.FORMAT,
        "request_id": str(file.request_id),
        "receipt_number": receipt_number,
        "made_at": iso(now),
        "files": listed,
    }
    return Contents(manifest=canonical(manifest), texts=texts, footage=footage)


def line_of(each: Footage) -> dict[str, Any]:
    """Return one copy as the lineage tells it."""
    made = each.copy.made
    return {
        "file": each.name,
        "copy_id": str(made.copy_id),
        "copy_number": made.copy_number,
        "event_id": str(each.event_id),
        "form": made.form,
        "why": made.why,
        "sha256": made.sha256.hex(),
        "native_sha256": made.native_sha256,
        "derived_from": made.derived_from,
        "provenance": made.provenance,
        "cameras": sorted({line.camera_id for line in made.footage}),
        "footage_from": iso(made.footage_from),
        "footage_to": iso(made.footage_to),
        "made_at": iso(each.copy.made_at),
        "made_by": each.copy.made_by,
        "applicant": made.person,
    }


def receipt(file: RequestFile, footage: Sequence[Footage], number: str, now: datetime) -> dict[str, Any]:
    """Return the receipt: which copies were handed to whom, for which case, under which number."""
    assert file.submitted is not None
    facts = nested(file.submitted.facts)
    return {
        "receipt_number": number,
        "request_id": str(file.request_id),
        "policy_version": file.policy_version,
        "case_number": text(lookup(facts, "request.case_number")),
        "handed_to": file.submitted.requester,
        "handed_out_at": iso(now),
        "copies": [
            {"copy_number": each.copy.made.copy_number, "sha256": each.copy.made.sha256.hex()} for each in footage
        ],
        "signed": [
            {"copy_number": each.copy.made.copy_number, "person": event.person, "role": event.role, "at": iso(at)}
            for each in footage
            for event, at in each.copy.signed
        ],
    }


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return JSON as one form of bytes: keys in order, two spaces, a line at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
