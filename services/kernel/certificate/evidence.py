"""The part of a certificate that the audit log proves: entries by event, each only after its path leads to the root."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.kernel.merkle import includes, leaf_hash

WITHHELD: Final = "withheld"


class Unproven(ValueError):
    """Something in the certificate isn't what the log proves; the message says what."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One proven entry of the audit log."""

    type: str
    envelope: Mapping[str, Any]
    event: Mapping[str, Any]


def proven(log: Mapping[str, Any]) -> dict[str, Entry]:
    """Return the entries by event id. Raises Unproven for one that isn't in the tree, or says something else."""
    root, size = bytes.fromhex(log["root"]), log["size"]
    found: dict[str, Entry] = {}
    for each in log["entries"]:
        path = [bytes.fromhex(part) for part in each["path"]]
        if not includes(leaf=leaf_hash(each["entry"].encode()), index=each["index"], size=size, path=path, root=root):
            raise Unproven(f"entry {each['index']} of the log doesn't lead to the root")
        told = json.loads(each["entry"])
        entry = Entry(told["type"], told["envelope"], told["event"])
        if (each["event_id"], each["event_type"]) != (entry.envelope["event_id"], entry.type):
            raise Unproven(f"entry {each['index']} of the log is another event than the certificate says")
        found[each["event_id"]] = entry
    return found


def entry_of(entries: Mapping[str, Entry], event_id: str, wanted: str) -> Entry:
    """Return the entry of an event that must be of a type. Raises Unproven."""
    entry = entries.get(event_id)
    if entry is None or entry.type != wanted:
        raise Unproven(f"the certificate has no entry of the log that proves its {wanted}")
    return entry
