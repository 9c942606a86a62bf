"""What a request still owes before it can be closed as fulfilled: receipts, signed results, register entries. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from services.access.refusals import Forbidden, Unusable
from services.access.requests.chain import chain_facts
from services.access.requests.file import RequestFile
from services.access.requests.form import nested
from services.kernel.policy import Outcome, Pack, close
from services.kernel.policy.acts import rules_for

RESULT: Final = "result"


def nothing_owed(pack: Pack, file: RequestFile) -> None:
    """Raise a refusal that names what is lacking; return if the pack wants nothing more."""
    if file.grant is None:
        raise Unusable(
            f"request {file.request_id} isn't granted yet, so it can't be fulfilled",
            rule="request.close",
            remedy="sign the open steps, deny it, or withdraw it",
        )
    for act, done_at in acts_done(file):
        verdict = close(
            pack, {**chain_facts(file), "act": act, "done_at": done_at.isoformat(), "records": records(file)}
        )
        if verdict.outcome == Outcome.INCOMPLETE:
            raise Forbidden(
                f"after the {act} there is still owed: {', '.join(verdict.missing)}",
                rule=verdict.rule,
                clauses=verdict.clauses,
                remedy="sign the result or the copy first, then close the request",
                message=pack.says(verdict.rule),
                word="StillOwed",
            )


def acts_done(file: RequestFile) -> list[tuple[str, datetime]]:
    """Return the last viewing and the last copy under a request, with their times."""
    views = [("view", viewing.opened_at) for viewing in file.viewings if viewing.opened_at is not None]
    return [*views[-1:], *[("copy", copy.made_at) for copy in file.copies[-1:]]]


def result_signers(pack: Pack, file: RequestFile, acts: Iterable[str]) -> frozenset[str]:
    """Return the roles whose signature the pack wants below the result of these acts."""
    closings = [
        closing
        for act in acts
        for rule in rules_for(pack, act, {**chain_facts(file), "act": act})
        for closing in rule.closes_with
    ]
    return frozenset(role for closing in closings if closing.record == RESULT for role in closing.signed_by)


def records(file: RequestFile) -> list[dict[str, object]]:
    """Return the register entries and signed records that the log shows, as the pack's closings name them."""
    # The access register is written by the same event that opens the footage (NPA-16).
    found: list[dict[str, object]] = [{"record": "access_register", "at": at.isoformat()} for _, at in acts_done(file)]
    for copy in file.copies:
        signed = [{"role": event.role, "person": event.person} for event, _ in copy.signed]
        if copy.signed:
            case = nested(file.submitted.facts).get("request", {}) if file.submitted is not None else {}
            number = case.get("case_number", "") if isinstance(case, dict) else ""
            at = copy.signed[-1][1].isoformat()
            found.append({"record": "receipt", "at": at, "signed": signed, "case_number": number})
    if file.results:
        found.append(_result(file))
    return found


def _result(file: RequestFile) -> dict[str, object]:
    last, at = file.results[-1]
    signed = [{"role": event.role, "person": event.person} for event, _ in file.results if event.act == last.act]
    return {
        "record": RESULT,
        "at": at.isoformat(),
        "cameras": list(last.cameras),
        "from": last.result_from.isoformat(),
        "to": last.result_to.isoformat(),
        "signed": signed,
    }
