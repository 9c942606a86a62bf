"""A verdict of the policy kernel in words: what was asked, which rule refuses, and the way on."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from services.access.refusals import AccessRefusal, Forbidden, NotEntitled, Unusable
from services.access.requests.commands import SignStep
from services.kernel.policy import Outcome, Pack, StepVerdict, Verdict
from services.kernel.policy.facts import DOCUMENT, Facts, lookup, text
from services.kernel.policy.rules import RequestRule, Step

WAY_ON: Final = {
    "forbidden": "this can't be asked; nobody can grant it",
    "missing": "answer the open questions and hand it in again",
    "not_in_vocabulary": "use one of the values that the form offers",
    "kind_not_admitted": "choose a kind of request that this policy knows",
    "requester_not_admitted": "have it handed in by a class of requester that may ask this",
    "action_not_admitted": "ask for an action that this kind of request allows",
    "no_rule": "no rule allows this act under this policy",
    "no_grant": "have the request granted first",
    "grant_expired": "hand in a new request",
    "action_not_granted": "hand in a request for this action",
    "scope_not_named": "name the camera and the interval",
    "outside_scope": "stay inside the cameras and the interval that were granted, or hand in another request",
    "not_covered": "have a mask attested over every registered area first",
    "condition_not_met": "this condition of the rule isn't met",
    "not_present": "do it together with a person of the role named, who is not the applicant",
    "out_of_order": "wait for the earlier steps",
    "not_entitled": "a person of the step's role, or an equal or higher rank, signs",
    "four_eyes": "another person signs: accounts don't count, persons do",
    "done_already": "this step is signed; see which are open",
    "denied_already": "hand in a new request",
    "not_in_chain": "sign one of the open steps",
    "not_delegable": "whoever holds the role signs himself",
    "delegation_too_deep": "a delegate can't delegate on",
    "delegation_not_in_force": "have the step delegated for a time that includes today",
    "ended": "the programme has ended",
    "outside_period": "do it inside the period",
    "steps_open": "have the open steps signed first",
    "not_listed": "only who and what is on the list",
}
PLAIN: Final = {
    "forbidden": "forbidden by the policy",
    "missing": "not answered",
    "not_in_vocabulary": "not a value that the policy knows",
    "kind_not_admitted": "this policy knows no such kind of request",
    "requester_not_admitted": "this class of requester may not ask this",
    "action_not_admitted": "this kind of request doesn't allow this action",
    "no_rule": "no rule of this policy allows it",
    "no_grant": "there is no grant",
    "grant_expired": "the grant has ended",
    "action_not_granted": "the grant doesn't name this action",
    "scope_not_named": "no camera or no interval is named",
    "outside_scope": "outside the cameras or the interval that were granted",
    "not_covered": "the attested mask doesn't cover every registered area",
    "condition_not_met": "a condition of the rule isn't met",
    "not_present": "nobody of the required role is present",
    "out_of_order": "earlier steps are open",
    "not_entitled": "not a role or rank of this step",
    "four_eyes": "one person would act twice",
    "done_already": "signed already",
    "denied_already": "denied already",
    "not_in_chain": "not a step of this request's chain",
    "not_delegable": "this step can't be delegated",
    "delegation_too_deep": "delegated more than one level deep",
    "delegation_not_in_force": "the delegation isn't in force now",
    "ended": "the programme has ended",
}
ASKED: Final = {
    "kind_not_admitted": "request.kind",
    "requester_not_admitted": "requester.class",
    "action_not_admitted": "request.action",
}


def explain(verdict: Verdict, message: str = "") -> str:
    """Return one sentence: the pack's own message if it has one, else ours, and what is open."""
    said = message or (verdict.message or {}).get("en", "") or PLAIN.get(verdict.reason, verdict.reason)
    # A pack's message is a sentence of its own: what is open follows its full stop as another.
    is_sentence = said.endswith((".", "!", "?"))
    open_questions = ", ".join(_in_words(each) for each in verdict.missing)
    if not open_questions:
        return said
    return f"{said} Missing: {open_questions}." if is_sentence else f"{said}: {open_questions}"


def _in_words(name: str) -> str:
    # A document is no field of a form: its name is said as words, and stands as it is in ``missing``.
    document = name.removeprefix(DOCUMENT)
    return name if document == name else f"document {document.replace('_', ' ')}"


def way_on(reason: str) -> str:
    """Return what to do instead."""
    return WAY_ON.get(reason, "see the rule")


def way_in(pack: Pack, verdict: Verdict, facts: Facts) -> str:
    """Return what to do instead of a form that isn't taken in, with the words that the pack would take."""
    offered = offers(pack, verdict, facts)
    return way_on(verdict.reason) + (f": {offered}" if offered else "")


def offers(pack: Pack, verdict: Verdict, facts: Facts) -> str:
    """Return the kinds, classes, actions or values that the pack admits where the form names another."""
    rule = pack.requests.get(text(lookup(facts, "request.kind")))
    match verdict.reason:
        case "kind_not_admitted":
            return _either(pack.requests)
        case "requester_not_admitted" if rule is not None:
            return _either(rule.requesters)
        case "action_not_admitted" if rule is not None:
            return _either(rule.actions)
        case "missing" | "not_in_vocabulary":
            # What is misspelt is named with its value.
            names = dict.fromkeys(each.partition("=")[0] for each in verdict.missing)
            return "; ".join(f"{name} is {_either(known)}" for name in names if (known := _known(pack, rule, name)))
        case _:
            return ""


def named(verdict: Verdict, facts: Facts) -> str:
    """Return the answer of the form that isn't admitted, empty where no single one is at fault."""
    return text(lookup(facts, ASKED[verdict.reason])) if verdict.reason in ASKED else ""


def _known(pack: Pack, rule: RequestRule | None, name: str) -> Collection[object]:
    """Return what a question may be answered with; empty where any answer is taken."""
    match name:
        case "request.kind":
            return pack.requests
        case "requester.class" if rule is not None:
            return rule.requesters
        case "request.action" if rule is not None:
            return rule.actions
        case _:
            return pack.vocabulary.get(name, frozenset())


def _either(words: Collection[object]) -> str:
    # The vocabulary keeps yes and no apart from the words "True" and "False" by a mark in front.
    return " or ".join(sorted(str(word).replace("\0True", "true").replace("\0False", "false") for word in words))


def step_refused(pack: Pack, verdict: StepVerdict, chosen: Step | None, command: SignStep) -> AccessRefusal:
    """Return the refusal of one signature, with the roles that may sign it and the steps that come first."""
    said = f"step {command.step} by {command.by.person}: {explain(verdict)}"
    if verdict.waiting_for:
        said += f"; waiting for {', '.join(verdict.waiting_for)}"
    if chosen is not None and verdict.reason == "not_entitled":
        said += f"; it needs {' or '.join(sorted(chosen.roles))}"
    kind = _kind(verdict)
    return kind(
        said,
        rule=verdict.rule,
        clauses=verdict.clauses,
        remedy=way_on(verdict.reason),
        message=pack.says(verdict.rule),
        word=_word(verdict),
        roles=chosen.roles if chosen is not None and verdict.reason == "not_entitled" else (),
    )


def _kind(verdict: StepVerdict) -> type[AccessRefusal]:
    if verdict.reason in ("not_entitled", "four_eyes", "delegation_not_in_force", "delegation_too_deep"):
        return NotEntitled
    if verdict.reason == "forbidden":
        return Forbidden
    return Unusable if verdict.outcome == Outcome.INCOMPLETE else AccessRefusal


def _word(verdict: Verdict) -> str:
    return "".join(part.capitalize() for part in verdict.reason.split("_"))
