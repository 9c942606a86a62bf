"""What a person is told of a protection: one word for its state, three exact lists, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import RowMapping

from services.kernel.hold_review import awaits_review
from services.kernel.protection import Protection
from services.kernel.scope import scope_to_json


def body(
    row: RowMapping,
    state: Protection,
    *,
    word: str,
    answers: Sequence[RowMapping],
    amendments: Sequence[RowMapping],
    parked: Sequence[RowMapping],
    in_flight: list[dict[str, object]],
) -> dict[str, object]:
    """Return one protection as the API tells it."""
    return {
        "hold_id": str(state.hold_id),
        "kind": state.kind,
        "hold_kind": state.hold_kind,
        "state": word,
        "securing": word in ("accepted", "parked"),
        "released": state.kind == "hold" and state.protects_until is not None,
        "seq": row["answer_seq"],
        "scopes": [scope_to_json(scope) for scope in state.scopes],
        "matter": state.matter,
        "authority": state.authority,
        "request_id": state.request_id,
        "placed_by": row["placed_by"],
        "placed_at": iso(row["placed_at"]),
        "review_by": iso(state.review_by),
        "review_due": row["review_told"] and awaits_review(state.review_by, state.protects_until),
        "release_proposed_by": state.proposed_by,
        "protects_until": iso(state.protects_until),
        "in_flight": in_flight if word in ("received", "accepted", "parked") else [],
        "parked": [{"parked_id": each["parked_id"], "error": each["error"]} for each in parked],
        **lists(answers),
        "matches_nothing": word == "effective" and _matches_nothing(answers, amendments),
        "amended": [_amended(each) for each in amendments],
    }


def lists(answers: Sequence[RowMapping]) -> dict[str, object]:
    """Return custody's newest three lists; empty before the first answer."""
    last: Mapping[Any, Any] = dict(answers[-1]) if answers else {"secured": [], "destroying": [], "gone": []}
    return {
        "secured": last["secured"],
        "secured_segments": sum(span["segments"] for span in last["secured"]),
        "destroying": last["destroying"],
        "gone": last["gone"],
        "effective_since": iso(answers[0]["applied_at"]) if answers else None,
        "answered_seq": answers[-1]["seq"] if answers else None,
    }


def _matches_nothing(answers: Sequence[RowMapping], amendments: Sequence[RowMapping]) -> bool:
    """Tell whether custody had nothing that the scope covers: an id may be misspelt, or its footage yet to come."""
    found = lists(answers)
    named = found["secured_segments"] or found["destroying"] or found["gone"]
    return not named and not any(each["newly_secured"] or each["found_gone"] for each in amendments)


def iso(value: datetime | None) -> str | None:
    """Return an instant as ISO 8601 UTC with Z."""
    return value.isoformat().replace("+00:00", "Z") if value is not None else None


def _amended(row: RowMapping) -> dict[str, object]:
    return {
        "newly_secured": row["newly_secured"],
        "found_gone": row["found_gone"],
        "fact": row["about"],
        "at": iso(row["amended_at"]),
    }
