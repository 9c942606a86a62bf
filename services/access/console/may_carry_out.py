"""What may a person do with the copies and the result of a request now? For the page; the routes decide again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.access.requests.chain import chain_facts
from services.access.requests.file import RequestFile, RequestState
from services.access.requests.owed import acts_done, result_signers
from services.access.requests.terms import KEEPERS, RETURNED
from services.access.viewing.decider import COPY
from services.access.viewing.derivatives import REDACTORS
from services.access.viewing.receipts import RECEIVERS, TAKERS_BACK
from services.kernel.policy import Pack
from services.kernel.policy.acts import rules_for
from services.kernel.policy.facts import lookup, span
from services.kernel.policy.necessity import Excess, excess
from services.runtime.identity import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class MayCarryOut:
    """The acts that the page offers."""

    copies: bool  # make, fetch, mark, sign, bundle: the applicant's own
    takes_back: bool
    redacts: bool
    results: tuple[str, ...]  # acts whose result may be signed
    result_roles: tuple[str, ...]
    receives_as: tuple[str, ...]
    pauses: tuple[str, ...]
    resumes: bool
    extends: bool
    corrects: bool


def may(pack: Pack, file: RequestFile, who: Person) -> MayCarryOut:
    """Return what a person may do with a request that was granted, sent back, or is still being decided."""
    asked, is_open = file.submitted, file.is_open
    mine = asked is not None and asked.requester == who.person_id
    done = tuple(dict.fromkeys(act for act, _ in acts_done(file))) if is_open else ()
    keeps = is_open and not mine and bool(who.roles & KEEPERS)
    rule, paused = pack.retention.open_request, file.paused
    return MayCarryOut(
        copies=mine and file.state is RequestState.GRANTED and asked is not None and asked.action == COPY,
        takes_back=mine or bool(who.roles & TAKERS_BACK),
        redacts=file.state is RequestState.GRANTED and not mine and bool(who.roles & REDACTORS),
        results=done,
        result_roles=() if mine else tuple(sorted(who.roles & result_signers(pack, file, done))),
        receives_as=_receivers(pack, file),
        pauses=tuple(sorted(rule.pause_reasons - {RETURNED})) if keeps and paused is None else (),
        resumes=keeps and paused is not None and paused.pause_reason != RETURNED,
        extends=keeps and paused is None and _extensions(file) < rule.extend_times,
        corrects=mine and file.state is RequestState.RETURNED,
    )


def beyond(pack: Pack, file: RequestFile) -> Excess | None:
    """Return how much more was asked for than the incident lasted, None where no incident is named."""
    rule = pack.requests.get(file.submitted.kind) if file.submitted is not None else None
    return excess(pack, rule, chain_facts(file)) if rule is not None else None


def incident(pack: Pack, file: RequestFile) -> tuple[datetime, datetime] | None:
    """Return when the incident happened that the form names."""
    rule = pack.requests.get(file.submitted.kind) if file.submitted is not None else None
    if rule is None or rule.necessity is None:
        return None
    return span(lookup(chain_facts(file), rule.necessity.incident), pack.zone)


def _receivers(pack: Pack, file: RequestFile) -> tuple[str, ...]:
    """The words under which this pack wants a copy signed for; the applicant's own where it doesn't say."""
    if file.submitted is None:
        return RECEIVERS[:1]
    closings = [closing for rule in rules_for(pack, COPY, _facts(file, COPY)) for closing in rule.closes_with]
    named = {role for closing in closings for role in closing.signed_by if role in RECEIVERS}
    return tuple(sorted(named)) or RECEIVERS[:1]


def _facts(file: RequestFile, act: str) -> dict[str, object]:
    return {**chain_facts(file), "act": act}


def _extensions(file: RequestFile) -> int:
    return sum(each.change == "extended" for each in file.terms)
