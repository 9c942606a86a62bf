"""A returned request handed in again: same kind, same person, its answers judged anew by the same version. Pure."""

from __future__ import annotations

from services.access.refusals import AccessRefusal, NotEntitled, Unusable
from services.access.requests.admission import Admission
from services.access.requests.commands import Signatory
from services.access.requests.file import RequestFile, RequestState
from services.kernel.events import RequestCorrected, RequestSubmitted
from services.kernel.policy import Outcome


def must_be_correctable(file: RequestFile, by: Signatory) -> None:
    """Raise a refusal unless the applicant has his request back."""
    if file.submitted is None or by.person != file.submitted.requester:
        raise NotEntitled(
            f"{by.person} did not hand in request {file.request_id}",
            rule="request.correct",
            remedy="only the applicant corrects a request",
        )
    if file.state is not RequestState.RETURNED:
        raise Unusable(
            f"request {file.request_id} is {file.state}, not returned for correction",
            rule="request.correct",
            remedy="what isn't returned isn't changed: withdraw it and hand in another",
        )


def corrected(file: RequestFile, admission: Admission) -> RequestCorrected:
    """Return the correction of an admitted form. Raises a refusal if it would now belong to another office."""
    first = admission.events[0]
    assert isinstance(first, RequestSubmitted)
    assert file.submitted is not None
    if (admission.verdict.outcome == Outcome.ROUTED) != (
        file.routed is not None
    ) or first.chain != file.submitted.chain:
        raise AccessRefusal(
            f"with these answers request {file.request_id} is decided elsewhere, by {first.chain}",
            rule=first.rule,
            remedy="withdraw it and hand in another",
            word="OtherOffice",
        )
    return RequestCorrected(
        request_id=file.request_id,
        action=first.action,
        scope=first.scope,
        facts=first.facts,
        documents=first.documents,
        personal_ref=first.personal_ref,
    )
