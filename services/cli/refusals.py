"""How a service's refusal looks on a terminal: why, by which rule, and the way on in the command line's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Final

from rich.markup import escape

from services.cli.client import NOT_REACHABLE, REFUSED, CallRefused, Json, errors

FORM: Final = ("request", "requester")
OPTIONS: Final = {
    "agreed_time": "at",
    "areas": "area",
    "camera_id": "camera",
    "cameras": "camera",
    "device_owner": "owner",
    "documents": "document",
    "ends_at": "to",
    "footage_from": "from",
    "footage_to": "to",
    "hold_kind": "kind",
    "incidents": "incident",
    "interval": "from",
    "mask_areas": "mask-area",
    "mask_version": "version",
    "name_pattern": "pattern",
    "opinion": "note",
    "policy_id": "policy",
    "shift_from": "from",
    "shift_to": "to",
    "source_id": "source",
    "starts_at": "from",
    "takeover_id": "takeover",
    "witnesses": "witness",
}
"""Fields of the API whose option has another name."""


TO_BE_KNOWN: Final = (
    "set CAMLEDGER_TOKEN to your own token, or unset it and name an account of client.json with --as; "
    "`camledger people add --replace` makes a new token, which counts after a restart"
)


def tell(refused: CallRefused) -> int:
    """Print what a service refused and why; return the exit code."""
    problem = refused.problem
    if refused.status == HTTPStatus.UNAUTHORIZED:
        problem = {**problem, "remedy": TO_BE_KNOWN}
    head = f"[bold]{escape(str(problem.get('title', 'refused')))}[/bold]  {escape(str(problem.get('detail', '')))}"
    errors.print(head, *(escape(f"  {line}") for line in _reasons(problem)), sep="\n", highlight=False)
    return NOT_REACHABLE if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR else REFUSED


def _reasons(problem: Mapping[str, Json]) -> Iterator[str]:
    for name in ("rule", "clauses", "missing", "remedy"):
        if stated := problem.get(name):
            yield f"{name}: {_flat(stated)}"
    if missing := problem.get("missing"):
        yield f"give: {' '.join(dict.fromkeys(_given(str(each)) for each in missing))}"
    for fault in problem.get("faults") or ():
        yield f"{option(str(fault.get('where', '')))}: {fault.get('why', '')}"
    # What the agency's own rule says, in each language that its pack speaks.
    yield from dict(problem.get("message") or {}).values()


def option(where: str) -> str:
    """Return where a field of a call is given on the command line: ``body.scope.from`` is ``--from``."""
    place, *parts = [part for part in where.split(".") if not part.isdigit()]
    if not parts:
        return where
    if place == "path":
        return parts[-1].upper()
    if parts[0] == "values" and len(parts) > 1:
        return f"--value {parts[-1]}"
    if parts[0] in FORM and len(parts) > 1:
        return f"--fact {'.'.join(parts)}"
    return f"--{OPTIONS.get(parts[-1], parts[-1]).replace('_', '-')}"


def _given(missing: str) -> str:
    """Return how the command line gives an answer of a form that a rule finds missing or misspelt."""
    missing = missing.partition("=")[0]
    if missing.startswith("document:"):
        return f"--document {missing.removeprefix('document:')}"
    if missing in ("request.cameras", "request.interval", "request.action", "request.kind"):
        return {"request.interval": "--from START --to END", "request.cameras": "--camera CAMERA_ID"}.get(
            missing, f"--{missing.removeprefix('request.')}"
        )
    return f"--fact {missing}=VALUE"


def _flat(value: object) -> str:
    listed = isinstance(value, Sequence) and not isinstance(value, str)
    return ", ".join(str(one) for one in value) if listed else str(value)  # type: ignore[attr-defined]
