"""A real schema registry (Confluent's API): our schemas are imported with our ids, or found there under them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from services.runtime.registry import Entry

ASK_S = 30.0
JSON = "application/vnd.schemaregistry.v1+json"


class RegistryDiffers(RuntimeError):
    """The registry holds another schema under one of our ids, or ours under another: nothing may be written."""


def import_entries(url: str, entries: Iterable[tuple[Entry, str]]) -> int:
    """Make sure that every schema stands in the registry under our id; return how many had to be imported.

    Uses the registry's IMPORT mode for subjects that are missing. Raises RegistryDiffers, or httpx.HTTPError when the
    registry can't be reached.
    """
    with httpx.Client(base_url=url.rstrip("/"), timeout=ASK_S, headers={"content-type": JSON}) as client:
        missing = [(entry, text) for entry, text in entries if not _is_there(client, entry, text)]
        for entry, text in missing:
            _import(client, entry, text)
        for entry, text in missing:
            if not _is_there(client, entry, text):
                raise RegistryDiffers(f"{entry.subject} was imported and is not under id {entry.id}")
    return len(missing)


def _is_there(client: httpx.Client, entry: Entry, text: str) -> bool:
    answer = client.get(f"/schemas/ids/{entry.id}")
    if answer.status_code == httpx.codes.NOT_FOUND:
        return False
    answer.raise_for_status()
    if json.loads(answer.json()["schema"]) != json.loads(text):
        raise RegistryDiffers(
            f"schema id {entry.id} stands for something else than {entry.subject} in the registry: "
            "give camledger a registry (or a context) of its own"
        )
    return True


def _import(client: httpx.Client, entry: Entry, text: str) -> None:
    _mode(client, entry.subject, "IMPORT")
    body: dict[str, Any] = {"schemaType": "AVRO", "schema": text, "id": entry.id, "version": entry.version}
    answer = client.post(f"/subjects/{entry.subject}/versions", json=body)
    _mode(client, entry.subject, "READWRITE")
    if answer.is_error:
        raise RegistryDiffers(f"the registry refuses {entry.subject}: {answer.status_code} {answer.text[:200]}")
    if (given := answer.json().get("id")) != entry.id:
        raise RegistryDiffers(
            f"the registry gave {entry.subject} id {given}, ours is {entry.id}: it has no IMPORT mode, or others use it"
        )


def _mode(client: httpx.Client, subject: str, mode: str) -> None:
    # A registry without modes may still give our ids if it is empty and we are alone; the ids decide.
    client.put(f"/mode/{subject}", json={"mode": mode}, params={"force": "true"})
