"""May this request be taken in? Prohibition, then routing, vocabulary, kind and class, action, required, chain."""

from collections.abc import Mapping

from services.kernel.policy.chains import steps_of
from services.kernel.policy.conditions import misspelt
from services.kernel.policy.facts import Facts, lookup, text
from services.kernel.policy.gates import barred, routed
from services.kernel.policy.necessity import unexplained
from services.kernel.policy.needs import missing, unique
from services.kernel.policy.pack import Pack
from services.kernel.policy.rules import Gate, Prohibition, RequestRule, Route
from services.kernel.policy.verdicts import NEVER, Outcome, Submission


def submit(pack: Pack, facts: Facts) -> Submission:
    """Judge a request by ``requester``, ``request`` and ``documents``; never raises on what a person typed."""
    bar, route = barred(pack, Gate.REQUEST, facts), routed(pack, facts)
    # A form is an entry too: what may not be stored may not stand in a field of it either.
    kept = barred(pack, Gate.STORE, {"record": {"fields": sorted(_names(facts))}})
    if (forbidden := bar.by or kept.by) is not None:
        return _forbidden(forbidden, route.to)
    if route.to is not None:
        return _routed(pack, route.to, facts, bar.missing)
    if bar.missing or route.missing:
        return Submission(outcome=Outcome.INCOMPLETE, reason="missing", missing=unique((*bar.missing, *route.missing)))
    # A kind that nobody offers is refused below, not sent back as a spelling mistake.
    words = {name: known for name, known in pack.vocabulary.items() if name != "request.kind"}
    if wrong := misspelt(facts, words):
        return Submission(outcome=Outcome.INCOMPLETE, reason="not_in_vocabulary", missing=wrong)
    return _by_kind(pack, facts)


def _names(facts: Facts) -> set[str]:
    inner = [_names(value) for value in facts.values() if isinstance(value, Mapping)]
    return {str(name) for name in facts}.union(*inner)


def _by_kind(pack: Pack, facts: Facts) -> Submission:
    kind = text(lookup(facts, "request.kind"))
    if not kind:
        return Submission(outcome=Outcome.INCOMPLETE, reason="missing", missing=("request.kind",))
    rule = pack.requests.get(kind)
    if rule is None:
        return Submission(outcome=Outcome.REFUSED, reason="kind_not_admitted")
    return _by_asker(pack, rule, facts)


def _by_asker(pack: Pack, rule: RequestRule, facts: Facts) -> Submission:
    asker, action = text(lookup(facts, "requester.class")), text(lookup(facts, "request.action"))
    if not asker:
        return _incomplete(rule, ("requester.class",))
    if asker not in rule.requesters:
        return _refused(rule, "requester_not_admitted")
    if not action:
        return _incomplete(rule, ("request.action",))
    if action not in rule.actions:
        return _refused(rule, "action_not_admitted")
    return _required(pack, rule, facts)


def _required(pack: Pack, rule: RequestRule, facts: Facts) -> Submission:
    still_open = unique((*missing(rule.need, facts), *unexplained(pack, rule, facts)))
    decisive = tuple(name for name in still_open if name in rule.refuse_without)
    if decisive:
        return _refused(rule, "missing", decisive)
    if still_open:
        return _incomplete(rule, still_open)
    steps = steps_of(pack.chains[rule.chain], facts)
    return Submission(
        outcome=Outcome.ACCEPTED,
        rule=rule.id,
        clauses=rule.clauses,
        chain=rule.chain,
        steps=tuple(step.id for step in steps),
    )


def _forbidden(rule: Prohibition, route: Route | None) -> Submission:
    return Submission(
        outcome=Outcome.REFUSED,
        reason="forbidden",
        rule=rule.id,
        clauses=rule.clauses,
        message=rule.message,
        override=NEVER,
        # Nobody may grant it anyway; the office that would have decided it is told (policy-format §3).
        notify=(route.to,) if route is not None else (),
    )


def _routed(pack: Pack, route: Route, facts: Facts, open_questions: tuple[str, ...]) -> Submission:
    rule = pack.requests.get(text(lookup(facts, "request.kind")))
    still_open = (*open_questions, *misspelt(facts, pack.vocabulary))
    if rule is not None:
        still_open = (*still_open, *missing(rule.need, facts))
    return Submission(
        outcome=Outcome.ROUTED,
        rule=route.id,
        clauses=route.clauses,
        message=route.message,
        missing=unique(still_open),
        chain=route.chain,
        steps=tuple(step.id for step in steps_of(pack.chains[route.chain], facts)),
        to=route.to,
    )


def _incomplete(rule: RequestRule, missing_names: tuple[str, ...]) -> Submission:
    return Submission(
        outcome=Outcome.INCOMPLETE, reason="missing", rule=rule.id, clauses=rule.clauses, missing=missing_names
    )


def _refused(rule: RequestRule, reason: str, missing_names: tuple[str, ...] = ()) -> Submission:
    return Submission(
        outcome=Outcome.REFUSED,
        reason=reason,
        rule=rule.id,
        clauses=rule.clauses,
        missing=missing_names,
        message=rule.message,
    )
