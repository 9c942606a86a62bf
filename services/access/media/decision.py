"""Cedar's answer to one request for bytes. Default deny: what can't be evaluated is denied, and says so."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import cedarpy

from services.access.media.facts import Asked, Grant, Seen, Token

FOLDER: Final = Path(__file__).parent / "policy"
UNEVALUATED: Final = "unevaluated"
NOT_PERMITTED: Final = "not_granted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Allowed, or the ids of the policies that forbid; ``not_granted`` where merely nothing permits."""

    allowed: bool
    reasons: tuple[str, ...]
    policies: str  # digest of the policies that decided


class Policies:
    """One set of Cedar policies, parsed once: at the first question, an idle service does without 5 MB."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def _parsed(self) -> cedarpy.PolicySet:
        return cedarpy.PolicySet.from_str(self.text)

    def decide(self, asked: Asked) -> Verdict:
        """Return the verdict on one request for bytes."""
        answer = cedarpy.is_authorized(_request(asked), self._parsed, _entities(asked))
        if answer.diagnostics.errors:
            # Cedar skips a policy that can't be evaluated; a forbid that was skipped forbids nothing.
            return Verdict(allowed=False, reasons=(UNEVALUATED,), policies=self.digest)
        named = answer.diagnostics.id_annotations_by_reason
        reasons = tuple(sorted(named.get(each, each) for each in answer.diagnostics.reasons))
        return Verdict(allowed=answer.allowed, reasons=reasons or (NOT_PERMITTED,), policies=self.digest)


@cache
def shipped() -> Policies:
    """Return the policies of this release."""
    return Policies((FOLDER / "viewing.cedar").read_text("utf-8"))


def schema() -> str:
    """Return the Cedar schema that the policies and every request keep to."""
    return (FOLDER / "viewing.cedarschema").read_text("utf-8")


def _request(asked: Asked) -> dict[str, Any]:
    return {
        "principal": f'Person::"{_id(asked.person)}"',
        "action": 'Action::"view"',
        "resource": f'Footage::"{_id(asked.camera)}"',
        "context": {
            "now": asked.now,
            "address": asked.address,
            "purpose": asked.purpose,
            "programme_over": asked.programme_over,
            "grant": _grant(asked.grant),
            "token": _token(asked.token),
            "viewing": _viewing(asked.viewing),
            "company": {"needed": asked.company_needed, "present": asked.company_present},
            "mask": {"needed": sorted(asked.mask_needed), "attested": sorted(asked.mask_attested)},
        },
    }


def _entities(asked: Asked) -> list[dict[str, Any]]:
    footage = {"camera": asked.camera, "starts": asked.starts, "ends": asked.ends, "kept": asked.kept}
    return [
        {"uid": {"type": "Person", "id": _id(asked.person)}, "attrs": {"person": asked.person}, "parents": []},
        {"uid": {"type": "Footage", "id": _id(asked.camera)}, "attrs": footage, "parents": []},
    ]


def _id(name: str) -> str:
    # Names come from people and cameras; an id that is a digest needs no quoting in Cedar's own notation.
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "granted": grant.granted,
        "person": grant.person,
        "version": grant.version,
        "actions": sorted(grant.actions),
        "cameras": sorted(grant.cameras),
        "starts": grant.starts,
        "ends": grant.ends,
        "until": grant.until,
    }


def _token(token: Token) -> dict[str, Any]:
    return {
        "person": token.person,
        "address": token.address,
        "viewing": token.viewing,
        "grant_version": token.grant_version,
        "starts": token.starts,
        "ends": token.ends,
        "expires": token.expires,
    }


def _viewing(seen: Seen) -> dict[str, Any]:
    return {"id": seen.id, "logged": seen.logged, "lists": seen.lists, "ended": seen.ended, "purpose": seen.purpose}
