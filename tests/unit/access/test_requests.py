"""Admission and chain as pure decisions over the packs that ship."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.access.refusals import NotEntitled, Unusable
from services.access.requests import words
from services.access.requests.admission import Admission, admit
from services.access.requests.commands import DelegateStep, Signatory, SignStep, SubmitRequest
from services.access.requests.decider import decide_step, decide_withdrawal
from services.access.requests.delegating import decide_delegation
from services.access.requests.file import RequestFile, RequestState
from services.access.requests.folding import fold
from services.access.requests.form import split, unfit
from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import Event, RequestGranted, RequestRefused, RequestSubmitted
from services.kernel.policy import Facts, Pack
from services.runtime.packs import load_pack

POLICIES = Path(__file__).parents[3] / "policies"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
REQUEST = UUID(int=7)
KNOWN = {"cam-19", "spd-1"}
SPD_FORM: dict[str, dict[str, object]] = {
    "requester": {"class": "law_enforcement", "on_behalf_of": ["nobody"], "name": "A. Novak"},
    "request": {
        "kind": "agency",
        "action": "copy",
        "subjects": ["homicide"],
        "asks": ["footage"],
        "purpose": "identify a suspect",
        "cameras": ["spd-1"],
        "interval": ["2026-11-01T08:00:00Z", "2026-11-01T09:00:00Z"],
        "ground": "warrant",
        "reference": "W-1",
    },
}


@pytest.fixture(scope="module")
def spd() -> Pack:
    return load_pack(POLICIES / "spd-cctv")


def by(person: str, *roles: str, rank: str = "") -> Signatory:
    return Signatory(person=person, roles=frozenset(roles), rank=rank)


def form(**changes: object) -> Facts:
    return SPD_FORM | {"request": SPD_FORM["request"] | changes, "documents": ["warrant_copy"]}


def handed_in(pack: Pack, facts: Facts, person: str = "p-novak") -> Admission:
    command = SubmitRequest(request_id=REQUEST, policy_id=pack.id, by=by(person, "law_enforcement"), facts=facts)
    return admit(pack, command, split(facts, ()), KNOWN, NOW)


def on_file(pack: Pack, *events: Event) -> RequestFile:
    past: list[Recorded] = [
        recorded(
            event,
            stream_id="request/x",
            stream_version=number,
            at=NOW,
            actor=Actor(id="p", role=getattr(event, "role", "captain")),
            policy_version=pack.reference,
        )
        for number, event in enumerate(events, start=1)
    ]
    return fold(REQUEST, past)


def sign(pack: Pack, file: RequestFile, step: str, who: Signatory, decision: str = "approve") -> tuple[Event, ...]:
    command = SignStep(request_id=REQUEST, step=step, by=who, decision=decision)
    return decide_step(pack, file, command, NOW).events


def test_an_admitted_form_protects_exactly_what_it_names(spd: Pack) -> None:
    admission = handed_in(spd, form())
    assert isinstance(admission.events[0], RequestSubmitted)
    assert admission.protects == admission.events[0].scope
    assert admission.events[0].scope.cameras == ("spd-1",)


def test_a_name_is_no_fact_of_the_event(spd: Pack) -> None:
    submitted = handed_in(spd, form()).events[0]
    assert isinstance(submitted, RequestSubmitted)
    assert "requester.name" not in {each.name for each in submitted.facts}
    assert "Novak" not in json.dumps([each.value for each in submitted.facts])


def test_an_interval_backwards_is_refused_and_protects_nothing(spd: Pack) -> None:
    admission = handed_in(spd, form(interval=["2026-11-02T08:00:00Z", "2026-11-01T08:00:00Z"]))
    assert isinstance(admission.events[0], RequestRefused)
    assert admission.events[0].missing == ("request.interval",)
    assert admission.protects is None


def test_a_routed_form_with_open_questions_is_routed_but_protects_nothing(spd: Pack) -> None:
    facts = {"requester": {"class": "immigration_enforcement"}, "request": {"kind": "agency", "subjects": ["homicide"]}}
    admission = handed_in(spd, facts)
    assert [type(event).__name__ for event in admission.events] == ["RequestSubmitted", "RequestRouted"]
    assert admission.protects is None


def test_a_routed_form_that_names_footage_and_leaves_a_question_open_protects_nothing(spd: Pack) -> None:
    open_form = {"requester": {"class": "immigration_enforcement"}, "request": dict(SPD_FORM["request"], purpose="")}
    admission = handed_in(spd, open_form)
    assert isinstance(admission.events[0], RequestSubmitted)
    assert admission.events[0].scope.cameras == ("spd-1",)
    assert admission.verdict.missing
    assert admission.protects is None


def test_the_last_signature_derives_the_grant_and_no_other(spd: Pack) -> None:
    file = on_file(spd, *handed_in(spd, form()).events)
    first = sign(spd, file, "review", by("p-reed", "records_unit"))
    assert not any(isinstance(event, RequestGranted) for event in first)
    file = on_file(spd, *handed_in(spd, form()).events, *first)
    last = sign(spd, file, "decide", by("p-diaz", "captain", rank="captain"))
    grant = last[-1]
    assert isinstance(grant, RequestGranted)
    assert (grant.actions, grant.scope) == (("copy",), handed_in(spd, form()).protects)


def test_the_requester_never_signs_his_own_request(spd: Pack) -> None:
    file = on_file(spd, *handed_in(spd, form()).events)
    with pytest.raises(NotEntitled, match="one person would act twice"):
        sign(spd, file, "review", by("p-novak", "records_unit"))


def test_a_denial_closes_the_file(spd: Pack) -> None:
    file = on_file(spd, *handed_in(spd, form()).events)
    denied = sign(spd, file, "review", by("p-reed", "records_unit"), "deny")
    assert on_file(spd, *handed_in(spd, form()).events, *denied).state is RequestState.DENIED


def test_a_delegate_signs_inside_his_dates(spd: Pack) -> None:
    events = handed_in(spd, form()).events
    first = sign(spd, on_file(spd, *events), "review", by("p-reed", "records_unit"))
    command = DelegateStep(
        request_id=REQUEST,
        step="decide",
        by=by("p-diaz", "captain", rank="captain"),
        to="p-two",
        valid_from=NOW - timedelta(days=1),
        valid_to=NOW + timedelta(days=1),
    )
    delegated = decide_delegation(spd, on_file(spd, *events, *first), command, NOW)
    signed = sign(spd, on_file(spd, *events, *first, delegated), "decide", by("p-two", "sergeant"))
    assert signed[0].delegated_by == "p-diaz"  # type: ignore[union-attr]


def test_an_opinion_signs_no_step_that_asks_for_a_signature(spd: Pack) -> None:
    """It wants no fresh sign-in and doesn't name who delegated: as a signature it would get round both."""
    events = handed_in(spd, form()).events
    with pytest.raises(Unusable, match="asks for a signature"):
        sign(spd, on_file(spd, *events), "review", by("p-reed", "records_unit"), "consult")
    first = sign(spd, on_file(spd, *events), "review", by("p-reed", "records_unit"))
    with pytest.raises(Unusable, match="asks for a signature"):
        sign(spd, on_file(spd, *events, *first), "decide", by("p-diaz", "captain"), "consult")


def delegation(giver: Signatory, to: str, days: tuple[float, float] = (-1, 1)) -> DelegateStep:
    first, last = (NOW + timedelta(days=each) for each in days)
    return DelegateStep(request_id=REQUEST, step="decide", by=giver, to=to, valid_from=first, valid_to=last)


@pytest.fixture(scope="module")
def reviewed(spd: Pack) -> tuple[Event, ...]:
    events = handed_in(spd, form()).events
    return (*events, *sign(spd, on_file(spd, *events), "review", by("p-reed", "records_unit")))


def test_a_delegate_counts_together_with_who_delegated_to_him(spd: Pack, reviewed: tuple[Event, ...]) -> None:
    reviewer = delegation(by("p-reed", "captain", rank="captain"), "p-two")
    delegated = decide_delegation(spd, on_file(spd, *reviewed), reviewer, NOW)
    with pytest.raises(NotEntitled):
        sign(spd, on_file(spd, *reviewed, delegated), "decide", by("p-two", "sergeant"))


def test_who_holds_the_step_by_rank_alone_hands_his_rank_on(spd: Pack, reviewed: tuple[Event, ...]) -> None:
    chief = by("p-chief", "chief", rank="captain")
    delegated = decide_delegation(spd, on_file(spd, *reviewed), delegation(chief, "p-two"), NOW)
    assert delegated.rank == "captain"
    (signed, _) = sign(spd, on_file(spd, *reviewed, delegated), "decide", by("p-two", "sergeant"))
    assert (signed.delegated_by, signed.person) == ("p-chief", "p-two")  # type: ignore[union-attr]


def test_a_delegate_does_not_delegate_on(spd: Pack, reviewed: tuple[Event, ...]) -> None:
    captain = by("p-diaz", "captain", rank="captain")
    delegated = decide_delegation(spd, on_file(spd, *reviewed), delegation(captain, "p-two"), NOW)
    with pytest.raises(NotEntitled, match="can't delegate it either"):
        decide_delegation(spd, on_file(spd, *reviewed, delegated), delegation(by("p-two", "sergeant"), "p-three"), NOW)


@pytest.mark.parametrize("days", [(-3, -1), (1, -1), (0, 0)])
def test_a_delegation_runs_between_two_dates(spd: Pack, reviewed: tuple[Event, ...], days: tuple[float, float]) -> None:
    with pytest.raises(Unusable, match="the delegation runs from"):
        decide_delegation(spd, on_file(spd, *reviewed), delegation(by("p-diaz", "captain"), "p-two", days), NOW)


def test_a_delegation_that_begins_tomorrow_signs_nothing_today(spd: Pack, reviewed: tuple[Event, ...]) -> None:
    captain = by("p-diaz", "captain", rank="captain")
    delegated = decide_delegation(spd, on_file(spd, *reviewed), delegation(captain, "p-two", (1, 2)), NOW)
    with pytest.raises(NotEntitled, match="the delegation isn't in force now"):
        sign(spd, on_file(spd, *reviewed, delegated), "decide", by("p-two", "sergeant"))


def test_who_may_not_sign_may_not_delegate(spd: Pack) -> None:
    file = on_file(spd, *handed_in(spd, form()).events)
    command = DelegateStep(
        request_id=REQUEST,
        step="decide",
        by=by("p-two", "sergeant"),
        to="p-three",
        valid_from=NOW,
        valid_to=NOW + timedelta(days=1),
    )
    with pytest.raises(NotEntitled, match="can't delegate it either"):
        decide_delegation(spd, file, command, NOW)


def test_only_the_applicant_withdraws(spd: Pack) -> None:
    file = on_file(spd, *handed_in(spd, form()).events)
    with pytest.raises(NotEntitled, match="did not hand in"):
        decide_withdrawal(file, by("p-reed", "records_unit"), NOW)


def test_a_request_past_its_term_takes_no_signature(spd: Pack) -> None:
    file = on_file(spd, *handed_in(spd, form()).events)
    command = SignStep(request_id=REQUEST, step="review", by=by("p-reed", "records_unit"), decision="approve")
    with pytest.raises(Unusable, match="the term of request"):
        decide_step(spd, file, command, NOW + timedelta(days=365))


@pytest.mark.parametrize(
    "forged",
    [
        {"done": [{"step": "review", "person": "p-reed", "role": "records_unit"}]},
        {"delegation": [{"by": {"person": "p-diaz", "role": "captain"}, "from": "2020-01-01", "to": "2099-01-01"}]},
        {"requester": {"person": "p-nobody"}},
    ],
)
def test_what_a_signer_adds_stands_in_for_nothing_on_the_log(spd: Pack, forged: dict[str, object]) -> None:
    file = on_file(spd, *handed_in(spd, form()).events)
    command = SignStep(request_id=REQUEST, step="decide", by=by("p-two", "captain"), decision="approve", fields=forged)
    with pytest.raises(Unusable, match="doesn't ask for"):
        decide_step(spd, file, command, NOW)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"a.b": 1, "a": 2}, "is named by letters"),
        ({f"q{number}": 1 for number in range(101)}, "more than 100 answers"),
        ({"purpose": "x" * 4_001}, "the answer to purpose is longer"),
        ({"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}, "levels deep"),
        ({"<script>": "x"}, "is named by letters"),
        ({"purpose": "theft", "cameras": ["cam-19"]}, ""),
    ],
)
def test_a_form_that_the_log_could_not_carry_is_none(answers: dict[str, object], says: str) -> None:
    assert says in unfit(answers)
    assert bool(unfit(answers)) == bool(says)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"kind": "nosuch"}, "a kind of request that this policy knows: agency or discovery or internal"),
        ({"action": "transfer"}, "an action that this kind of request allows: copy or view"),
        ({"ground": "whim"}, "request.ground is crime_investigation or joint_investigation or warrant"),
        ({"ground": ""}, "request.ground is crime_investigation or joint_investigation or warrant"),
    ],
)
def test_a_refusal_names_what_the_pack_admits(spd: Pack, asked: dict[str, object], says: str) -> None:
    facts = form(**asked)
    assert says in words.way_in(spd, handed_in(spd, facts).verdict, facts)


def test_a_refused_class_is_told_which_may_ask_and_a_refused_value_is_named(spd: Pack) -> None:
    facts: dict[str, object] = {**form(), "requester": {**SPD_FORM["requester"], "class": "defence_counsel"}}
    verdict = handed_in(spd, facts).verdict
    assert words.way_in(spd, verdict, facts).endswith("may ask this: law_enforcement")
    assert words.named(verdict, facts) == "defence_counsel"


@pytest.mark.parametrize("odd", ["a\x00b", "\x1b[2J", "\ud800", "\x7f"])
def test_no_answer_holds_what_a_log_a_database_or_paper_cannot_carry(odd: str) -> None:
    for answer in (odd, ["fine", odd], {"inside": odd}, [{"inside": odd}]):
        assert "can't be written" in unfit({"cause": answer})
    assert unfit({"cause": "one line\n\tand 調閱 another 😀"}) == ""
