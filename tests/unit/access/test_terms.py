"""What becomes of a request between its parts: sent back, corrected, paused, lengthened; a delegation taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.access.refusals import AccessRefusal, NotEntitled, Unusable
from services.access.requests.admission import Admission, admit
from services.access.requests.chain import open_now
from services.access.requests.commands import ChangeTerm, RevokeDelegation, Signatory, SignStep, SubmitRequest
from services.access.requests.correcting import corrected, must_be_correctable
from services.access.requests.decider import decide_step
from services.access.requests.delegating import decide_revocation
from services.access.requests.file import RequestFile
from services.access.requests.folding import evolve
from services.access.requests.form import split
from services.access.requests.terms import RETURNED, decide_term, paused, resumed
from services.kernel.envelope import Actor, recorded
from services.kernel.events import Event, RequestCorrected, StepDelegated
from services.kernel.policy import Facts, Pack
from services.runtime.packs import load_pack
from tests.unit.access.test_requests import KNOWN, NOW, POLICIES, REQUEST, by, form

DAY = timedelta(days=1)
RECORDS, CAPTAIN = by("p-reed", "records_unit"), by("p-diaz", "captain", rank="captain")
APPLICANT = by("p-novak", "law_enforcement")


@pytest.fixture(scope="module")
def spd() -> Pack:
    return load_pack(POLICIES / "spd-cctv")


@pytest.fixture(scope="module")
def daan() -> Pack:
    return load_pack(Path(POLICIES) / "daan-cctv")


class Life:
    """One request, event by event, at instants that the test names."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.file = pack, RequestFile(request_id=REQUEST)
        self.happened(*self.admitted(form()).events)

    def admitted(self, facts: Facts, at: datetime = NOW) -> Admission:
        command = SubmitRequest(request_id=REQUEST, policy_id=self.pack.id, by=APPLICANT, facts=facts)
        return admit(self.pack, command, split(facts, ()), KNOWN, at)

    def happened(self, *events: Event, at: datetime = NOW) -> None:
        for number, event in enumerate(events, start=self.file.version + 1):
            actor = Actor(id="p", role=getattr(event, "role", "captain"))
            fact = recorded(
                event,
                stream_id=f"request/{REQUEST}",
                stream_version=number,
                at=at,
                actor=actor,
                policy_version=self.pack.reference,
            )
            self.file = evolve(self.file, fact)

    def signs(self, who: Signatory, step: str, decision: str = "approve", at: datetime = NOW) -> None:
        command = SignStep(request_id=REQUEST, step=step, by=who, decision=decision)
        self.happened(*decide_step(self.pack, self.file, command, at).events, at=at)

    def sent_back(self, at: datetime = NOW) -> None:
        self.signs(RECORDS, "review", at=at)
        self.signs(CAPTAIN, "decide", "return", at=at)
        self.happened(*paused(self.pack, self.file, at), at=at)

    def corrects(self, at: datetime, **changes: object) -> RequestCorrected:
        event = corrected(self.file, self.admitted(form(**changes), at))
        self.happened(event, *resumed(self.pack, self.file, at), at=at)
        return event

    def term(self, who: Signatory, change: str, at: datetime = NOW, reason: str = "") -> None:
        command = ChangeTerm(request_id=REQUEST, by=who, change=change, reason=reason)
        self.happened(decide_term(self.pack, self.file, command, at), at=at)

    @property
    def state(self) -> str:
        return str(self.file.state)

    @property
    def pause(self) -> str:
        return self.file.paused.pause_reason if self.file.paused is not None else ""

    @property
    def ends(self) -> datetime:
        assert self.file.submitted is not None
        return self.file.submitted.term_ends_at


@pytest.fixture
def life(spd: Pack) -> Life:
    return Life(spd)


def test_what_was_sent_back_lies_with_its_applicant_and_nobody_signs_it(life: Life) -> None:
    life.sent_back()
    assert (life.state, open_now(life.pack, life.file)) == ("returned", ())
    with pytest.raises(AccessRefusal, match="lies with its applicant"):
        life.signs(RECORDS, "review", at=NOW + DAY)


def test_handed_in_again_every_signature_is_asked_for_anew(life: Life) -> None:
    life.sent_back()
    life.corrects(NOW + DAY, purpose="identify the driver")
    assert life.state == "in_chain"
    assert open_now(life.pack, life.file) == ("review", "decide")
    life.signs(RECORDS, "review", at=NOW + DAY)
    life.signs(CAPTAIN, "decide", at=NOW + DAY)
    assert life.state == "granted"


def test_a_grant_covers_what_the_corrected_form_names(life: Life) -> None:
    life.sent_back()
    life.corrects(NOW + DAY, action="view", interval=["2026-11-01T08:00:00Z", "2026-11-01T08:10:00Z"])
    life.signs(RECORDS, "review", at=NOW + DAY)
    life.signs(CAPTAIN, "decide", at=NOW + DAY)
    assert life.file.grant is not None
    assert life.file.grant.actions == ("view",)
    assert life.file.grant.scope.ends_at == datetime(2026, 11, 1, 8, 10, tzinfo=UTC)


def test_the_clock_of_the_term_stands_still_while_the_applicant_has_it(life: Life) -> None:
    before = life.ends
    life.sent_back()
    assert life.pause == RETURNED
    # It may end as late as the longest pause lets it: the footage is protected until then.
    assert life.ends == before + 14 * DAY
    life.corrects(NOW + 3 * DAY)
    assert (life.pause, life.ends) == ("", before + 3 * DAY)


def test_a_pause_that_lasts_longer_than_the_policy_allows_lengthens_nothing_more(life: Life) -> None:
    before = life.ends
    life.sent_back()
    life.corrects(NOW + 40 * DAY)
    assert life.ends == before + 14 * DAY


def test_only_the_applicant_corrects_and_only_what_was_sent_back(life: Life) -> None:
    with pytest.raises(Unusable, match="not returned"):
        must_be_correctable(life.file, APPLICANT)
    life.sent_back()
    with pytest.raises(NotEntitled, match="did not hand in"):
        must_be_correctable(life.file, RECORDS)
    must_be_correctable(life.file, APPLICANT)


def test_a_correction_is_judged_as_the_form_was(life: Life) -> None:
    life.sent_back()
    assert life.admitted(form(subjects=["abortion"]), NOW + DAY).refused
    assert life.admitted(form(reference=""), NOW + DAY).refused


def test_a_correction_that_would_be_decided_elsewhere_is_a_new_request(life: Life) -> None:
    life.sent_back()
    facts = dict(form()) | {"requester": {"class": "law_enforcement", "on_behalf_of": ["immigration_enforcement"]}}
    with pytest.raises(AccessRefusal, match="decided elsewhere"):
        corrected(life.file, life.admitted(facts, NOW + DAY))


def test_a_term_is_lengthened_as_often_as_the_policy_says(life: Life) -> None:
    before = life.ends
    life.term(RECORDS, "extended")
    assert life.ends == before + 30 * DAY
    with pytest.raises(Unusable, match="lengthened 1 times, and the policy allows 1"):
        life.term(RECORDS, "extended")


def test_a_pause_needs_a_reason_that_the_policy_names_and_a_person_of_the_office(life: Life, daan: Pack) -> None:
    for reason in ("holiday", RETURNED, "<script>alert(1)</script>"):
        with pytest.raises(Unusable, match="stand still"):
            life.term(RECORDS, "paused", reason=reason)
    with pytest.raises(NotEntitled, match="may not change the term"):
        life.term(replace(APPLICANT, roles=APPLICANT.roles | {"records_unit"}), "extended")
    life.pack = daan
    life.term(RECORDS, "paused", reason="awaiting_letter")
    assert life.pause == "awaiting_letter"


def test_nothing_is_signed_while_the_clock_stands_still(life: Life, daan: Pack, spd: Pack) -> None:
    life.pack = daan
    life.term(RECORDS, "paused", reason="awaiting_letter")
    life.pack = spd
    with pytest.raises(AccessRefusal, match="awaiting letter"):
        life.signs(RECORDS, "review")
    life.term(RECORDS, "resumed", at=NOW + DAY)
    life.signs(RECORDS, "review", at=NOW + DAY)
    with pytest.raises(Unusable, match="no pause"):
        life.term(RECORDS, "resumed")


def test_a_delegation_that_was_taken_back_lets_nobody_sign(life: Life) -> None:
    given = StepDelegated(
        request_id=REQUEST,
        step="decide",
        by="p-diaz",
        to="p-two",
        valid_from=NOW,
        valid_to=NOW + DAY,
        rank="captain",
    )
    life.happened(given)
    life.signs(RECORDS, "review")
    taken = RevokeDelegation(request_id=REQUEST, step="decide", by=CAPTAIN, to="p-two")
    with pytest.raises(NotEntitled, match="delegated step decide to nobody"):
        decide_revocation(life.file, replace(taken, by=RECORDS))
    life.happened(decide_revocation(life.file, taken))
    with pytest.raises(NotEntitled):
        life.signs(by("p-two", "clerk"), "decide")
