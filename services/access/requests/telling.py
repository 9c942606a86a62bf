"""A request as the API tells it: state, chain with who signed and who is next, grant, viewings, copies. No names."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.protections import office as protections
from services.access.protections.wording import iso
from services.access.requests.admission import NOTHING, Admission
from services.access.requests.chain import chain_facts, open_now
from services.access.requests.file import Copy, RequestFile, Signed, Viewing, preservation_id
from services.kernel.events import RequestGranted, StepApproved, StepDenied, StepReturned
from services.kernel.policy import Pack
from services.kernel.policy.chains import steps_of
from services.kernel.scope import scope_to_json

# Whoever has no role but these asks for footage, and sees what he asked for himself. Every class of requester that a
# pack knows stands here (docs/callers.yaml; tests/api holds both together).
SEES_OWN_ONLY: Final = frozenset(
    {
        "agency",
        "applicant",
        "clerk",
        "defence_counsel",
        "evaluator",
        "immigration_enforcement",
        "interested_third_party",
        "internal",
        "law_enforcement",
        "other_unit",
        "party",
        "police",
        "project_member",
        "public",
    }
)


def file(file: RequestFile, pack: Pack) -> dict[str, object]:
    """Return one request; its personal data is not in here."""
    head = file.submitted or file.refused
    assert head is not None
    told: dict[str, object] = {
        "request_id": str(file.request_id),
        "state": str(file.state),
        "policy_version": file.policy_version,
        "kind": head.kind,
        "action": head.action,
        "requester": head.requester,
        "requester_class": head.requester_class,
        "rule": head.rule,
        "submitted_at": iso(file.submitted_at),
        "routed_to": file.routed.to if file.routed is not None else "",
        "open_steps": list(open_now(pack, file)),
        "signatures": [_signed(each) for each in file.signatures],
        "grant": _grant(file.grant),
        "viewings": [_viewing(each) for each in file.viewings],
        "copies": [copy(each) for each in file.copies],
        "bundles": [
            {"receipt_number": handed.receipt_number, "copies": len(handed.copies), "handed_out_at": iso(at)}
            for handed, at in file.bundles
        ],
    }
    return told | _submitted(file, pack) | _refused(file)


def row(each: RowMapping) -> dict[str, object]:
    """Return one line of the list."""
    plain = dict(each) | {"request_id": str(each["request_id"])}
    return plain | {name: iso(each[name]) for name in ("submitted_at", "term_ends_at", "changed_at")}


def admission(decided: Admission) -> dict[str, object]:
    """Return what only the answer to a hand-in says."""
    return {
        "outcome": str(decided.verdict.outcome),
        "clauses": list(decided.verdict.clauses),
        "steps": list(decided.verdict.steps),
        "missing": list(decided.verdict.missing),
        "explanation": decided.explanation,
        "needs_confirmation": decided.needs_a_person,
    }


async def hold_of(engine: AsyncEngine, file: RequestFile) -> dict[str, object] | None:
    """Return the hold that a preservation request became, if it did."""
    if file.submitted is None or file.submitted.action != "preserve":
        return None
    return await protections.standing(engine, preservation_id(file.request_id))


def copy(each: Copy) -> dict[str, object]:
    """Return one copy."""
    made = each.made
    return {
        "copy_id": str(made.copy_id),
        "copy_number": made.copy_number,
        "person": made.person,
        "form": made.form,
        "derived_from": made.derived_from,
        "sha256": made.sha256.hex(),
        "native_sha256": made.native_sha256,
        "provenance": made.provenance,
        "why": made.why,
        "size_bytes": made.size_bytes,
        "footage_from": iso(made.footage_from),
        "footage_to": iso(made.footage_to),
        "made_at": iso(each.made_at),
        "made_by": each.made_by,
        "return_by": iso(made.return_by),
        "signed_by": [{"person": event.person, "role": event.role, "at": iso(at)} for event, at in each.signed],
        "returned": each.returned.how if each.returned is not None else "",
        "erased": each.erased.why if each.erased is not None else "",
    }


def _submitted(file: RequestFile, pack: Pack) -> dict[str, object]:
    asked = file.submitted
    if asked is None:
        return {}
    return {
        "chain": asked.chain,
        "steps": [
            {"id": step.id, "roles": sorted(step.roles), "title": dict(step.title)}
            for step in steps_of(pack.chains[asked.chain], chain_facts(file))
        ],
        "scope": scope_to_json(asked.scope) if asked.scope != NOTHING else None,
        "facts": {each.name: each.value for each in asked.facts},
        "documents": list(asked.documents),
        "term_ends_at": iso(asked.term_ends_at),
        "paused": file.paused.pause_reason if file.paused is not None else "",
        "returned_by": file.returned.event.person if file.returned is not None else "",
        "corrected_at": iso(file.corrected_at),
        "delegations": [
            {
                "step": each.event.step,
                "by": each.event.by,
                "to": each.event.to,
                "valid_from": iso(each.event.valid_from),
                "valid_to": iso(each.event.valid_to),
            }
            for each in file.delegations
        ],
    }


def _refused(file: RequestFile) -> dict[str, object]:
    if file.refused is None:
        return {}
    refused = file.refused
    return {
        "refusal": refused.refusal,
        "clauses": list(refused.clauses),
        "missing": list(refused.missing),
        "override": refused.override,
        "notify": list(refused.notify),
        "explanation": refused.explanation,
    }


def _signed(each: Signed) -> dict[str, object]:
    event = each.event
    decision = {StepApproved: "approve", StepReturned: "return", StepDenied: "deny"}.get(type(event), "consult")
    return {
        "step": event.step,
        "person": event.person,
        "role": event.role,
        "decision": decision,
        "delegated_by": getattr(event, "delegated_by", ""),
        "opinion": getattr(event, "opinion", ""),
        "at": iso(each.at),
    }


def _grant(grant: RequestGranted | None) -> dict[str, object] | None:
    if grant is None:
        return None
    return {
        "grant_version": grant.grant_version,
        "actions": list(grant.actions),
        "scope": scope_to_json(grant.scope),
        "valid_until": iso(grant.valid_until),
    }


def _viewing(each: Viewing) -> dict[str, object]:
    return {
        "viewing_id": str(each.scheduled.viewing_id),
        "agreed_time": iso(each.scheduled.agreed_time),
        "accompanied_by": each.scheduled.accompanied_by,
        "opened_at": iso(each.opened_at),
        "ended_at": iso(each.ended.ended_at) if each.ended is not None else None,
    }
