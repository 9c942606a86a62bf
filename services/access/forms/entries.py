"""What can be filled in: the answers of a request, what the log recorded of it since, and who signed. Pure.

No value is made up: what nobody answered or recorded is left out, and its place stays as blank as on paper.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.access.forms import words
from services.access.forms.marks import Mark, of_decision, of_result, of_step
from services.access.policies.project_file import ProjectFile
from services.access.requests.file import Copy, RequestFile, preservation_id
from services.access.requests.form import nested
from services.access.status.names import role
from services.kernel.envelope import Recorded
from services.kernel.events import ProjectDecided
from services.kernel.policy import Facts, Pack
from services.kernel.policy.facts import text

RESULT, PRESERVE = "result.", "preserve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """The facts of one sheet by dotted name, and the marks of its signature cells by step (``result.ROLE``)."""

    number: str
    version: str
    facts: Facts
    marks: Mapping[str, list[Mark]] = field(default_factory=dict)


def of_request(file: RequestFile, pack: Pack, language: str, personal: Mapping[str, str]) -> Entries:
    """Return the entries of a request; ``personal`` holds what its reader may see of the vault, as JSON, by name."""
    assert file.submitted is not None
    facts = nested(file.submitted.facts)
    for name, value in personal.items():
        _put(facts, name, json.loads(value))
    if isinstance(interval := _of(facts, "request").get("interval"), list):
        _put(facts, "request.interval", dict(zip(("from", "to"), interval, strict=False)))
    recorded = {
        "recorded": _recorded(file, language),
        "result": _result(file, language),
        "agency": _agency(pack, language),
    }
    return Entries(
        number=str(file.request_id),
        version=file.policy_version,
        facts={**facts, **recorded},
        marks=_marks(file, pack, language),
    )


def of_project(project: ProjectFile, past: Iterable[Recorded], pack: Pack, chain: str, language: str) -> Entries:
    """Return the entries of a live project from its decisions that stand, in the order in which they were made."""
    acts = {step.id: step.act for step in pack.chains[chain].steps}
    stated: dict[str, object] = {**project.record, "id": project.project_id}
    marks: dict[str, list[Mark]] = {}
    version = ""
    for record in past:
        event = record.event
        if isinstance(event, ProjectDecided):
            at, version = record.envelope.recorded_at, record.envelope.policy_version
            mark = of_decision(event, at, acts.get(event.decision, ""), language)
            marks.setdefault(event.decision, []).append(mark)
            known = {"members": list(event.members), "from": event.period_from, "to": event.period_to}
            stated |= {name: value for name, value in known.items() if value}
    facts = {"project": stated, "agency": _agency(pack, language)}
    return Entries(number=project.project_id, version=version or pack.reference, facts=facts, marks=marks)


def _recorded(file: RequestFile, language: str) -> dict[str, object]:
    assert file.submitted is not None
    return {
        "request_id": str(file.request_id),
        "policy_version": file.policy_version,
        "submitted_at": file.submitted_at,
        "closed_at": file.closed.closed_at if file.closed is not None else None,
        "state": words.texts(language).get(str(file.state), str(file.state)),
        "routed_to": _office(file.routed.to, language) if file.routed is not None else "",
        "documents": list(file.submitted.documents),
        "copies": [_copy(each, language) for each in file.copies],
    }


def _copy(copy: Copy, language: str) -> str:
    signed = words.texts(language)["handed"]
    receipts = "".join(f" {signed} {event.person}" for event, _ in copy.signed)
    return f"{copy.made.copy_number} {copy.made.sha256.hex()}{receipts}"


def _office(role_id: str, language: str) -> str:
    return role(role_id, 1 if language.startswith("zh") else 0)


def _result(file: RequestFile, language: str) -> dict[str, object]:
    """The last signed statement of each act: what was viewed or copied, to the second (DAAN-11)."""
    told: dict[str, object] = {"acts": sorted({event.act for event, _ in file.results})}
    if file.grant is not None and file.submitted is not None and file.submitted.action == PRESERVE:
        # A granted preservation opens nothing: its result is the hold that it became (DAAN-09).
        told |= {"acts": [PRESERVE], "other": f"{words.texts(language)['hold']} {preservation_id(file.request_id)}"}
    for event, _ in file.results:
        told[event.act] = {"cameras": list(event.cameras), "from": event.result_from, "to": event.result_to}
    return told


def _marks(file: RequestFile, pack: Pack, language: str) -> dict[str, list[Mark]]:
    assert file.submitted is not None
    chain = pack.chains.get(file.submitted.chain)
    acts = {step.id: step.act for step in chain.steps} if chain is not None else {}
    marks: dict[str, list[Mark]] = {}
    for signed in file.signatures:
        mark = of_step(signed, acts.get(signed.event.step, ""), language)
        marks.setdefault(signed.event.step, []).append(mark)
    for event, at in file.results:
        marks.setdefault(f"{RESULT}{event.role}", []).append(of_result(event, at, language))
    return marks


def _agency(pack: Pack, language: str) -> str:
    return text(pack.agency_name.get(language)) or text(pack.agency_name.get(pack.language))


def _put(facts: dict[str, object], name: str, value: object) -> None:
    *path, last = name.split(".")
    place = facts
    for part in path:
        inner = place.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        place = inner
    place[last] = value


def _of(facts: Facts, name: str) -> Facts:
    found = facts.get(name)
    return found if isinstance(found, Mapping) else {}
