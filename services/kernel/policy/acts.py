"""May this be done now? Prohibition, then each rule of the act: grant and scope, required, covers, facts, steps,
period, lists, presence. An act without a rule is refused; every rule that applies must pass.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address, ip_network

from services.kernel.policy.chains import open_steps
from services.kernel.policy.conditions import Truth, misspelt
from services.kernel.policy.facts import (
    Facts,
    answered,
    exact_instant,
    instant,
    items,
    lookup,
    mappings,
    span,
    text,
    texts,
    token,
)
from services.kernel.policy.gates import barred
from services.kernel.policy.needs import missing, unique
from services.kernel.policy.pack import Pack
from services.kernel.policy.rules import ActRule, Gate, Listed
from services.kernel.policy.verdicts import NEVER, ActVerdict, Outcome


def act(pack: Pack, facts: Facts) -> ActVerdict:
    """Judge ``act`` by its facts (``grant``, ``requester``, ``cameras``, ``interval``, ``footage``, ...) at ``at``."""
    bar = barred(pack, Gate.ACT, facts)
    if bar.by is not None:
        return ActVerdict(
            outcome=Outcome.REFUSED,
            reason="forbidden",
            rule=bar.by.id,
            clauses=bar.by.clauses,
            message=bar.by.message,
            override=NEVER,
        )
    name = text(facts.get("act"))
    if not name:
        return ActVerdict(outcome=Outcome.REFUSED, reason="missing", missing=("act",))
    if bar.missing:
        return ActVerdict(outcome=Outcome.REFUSED, reason="missing", missing=bar.missing)
    rules = rules_for(pack, name, facts)
    if not rules:
        return ActVerdict(outcome=Outcome.REFUSED, reason="no_rule")
    return _judged(pack, name, rules, facts)


def rules_for(pack: Pack, name: str, facts: Facts) -> tuple[ActRule, ...]:
    """Rules of an act that apply; one whose condition isn't known stays in force."""
    return tuple(rule for rule in pack.acts.get(name, ()) if rule.applies.judge(facts).truth is not Truth.NO)


def _judged(pack: Pack, name: str, rules: tuple[ActRule, ...], facts: Facts) -> ActVerdict:
    ends: list[datetime] = []
    treatments: list[str] = []
    for rule in rules:
        refusal = _refusal(pack, name, rule, facts)
        if refusal is not None:
            return replace(refusal, rule=rule.id, clauses=rule.clauses, message=rule.message)
        ends += [end for end in (_end(pack, period, facts) for period in rule.within) if end is not None]
        treatments += [do for when, do in rule.treat if when.judge(facts).truth is not Truth.NO]
    if wrong := misspelt(facts, pack.vocabulary):
        return ActVerdict(outcome=Outcome.REFUSED, reason="not_in_vocabulary", missing=wrong)
    return ActVerdict(
        outcome=treatments[0] if treatments else Outcome.ALLOWED,
        rule=rules[0].id,
        clauses=unique(clause for rule in rules for clause in rule.clauses),
        obligations=unique(closing.record for rule in rules for closing in rule.closes_with),
        treatments=unique(treatments),
        until=min(ends) if ends else None,
    )


def _refusal(pack: Pack, name: str, rule: ActRule, facts: Facts) -> ActVerdict | None:
    if rule.grant and (reason := _grant_fault(pack, name, facts)):
        return _no(reason)
    known = {each: pack.vocabulary[each] for each in (*rule.need.fields, *rule.facts) if each in pack.vocabulary}
    lacking = (*missing(rule.need, facts), *misspelt(facts, known))
    lacking += tuple(each for each in rule.facts if not answered(lookup(facts, each)))
    if lacking:
        return _no("missing", lacking=unique(lacking))
    return (
        _not_covered(rule, facts)
        or _condition_not_met(rule, facts)
        or _steps_open(pack, rule, facts)
        or _outside_period(pack, rule, facts)
        or _not_listed(rule, facts)
        or _not_present(rule, facts)
    )


def _grant_fault(pack: Pack, name: str, facts: Facts) -> str:
    """A grant opens exactly what it names; what it leaves out, and what the act leaves out, is closed."""
    grant = facts.get("grant")
    if not isinstance(grant, Mapping) or grant.get("state") != "granted":
        return "no_grant"
    if answered(grant.get("until")) and _over(grant.get("until"), pack, facts):
        return "grant_expired"
    if name not in texts(grant.get("actions")):
        return "action_not_granted"
    cameras, wanted = texts(facts.get("cameras")), span(facts.get("interval"), pack.zone)
    if not cameras or wanted is None:
        return "scope_not_named"
    allowed = span(grant.get("interval"), pack.zone)
    inside = allowed is not None and allowed[0] <= wanted[0] and wanted[1] <= allowed[1]
    return "" if inside and set(cameras) <= set(texts(grant.get("cameras"))) else "outside_scope"


def _over(value: object, pack: Pack, facts: Facts) -> bool:
    end, now = instant(value, pack.zone), instant(facts.get("at"), pack.zone)
    return end is None or now is None or now >= end


def _not_covered(rule: ActRule, facts: Facts) -> ActVerdict | None:
    for need, have in rule.covers:
        wanted = lookup(facts, need)
        if wanted is None:
            return _no("missing", lacking=(need,))
        if not {token(item) for item in items(wanted)} <= {token(item) for item in items(lookup(facts, have))}:
            return _no("not_covered", value=have)
    return None


def _condition_not_met(rule: ActRule, facts: Facts) -> ActVerdict | None:
    for name, wanted in rule.facts.items():
        if any(token(item) not in wanted for item in items(lookup(facts, name))):
            return _no("condition_not_met", value=name)
    return None


def _steps_open(pack: Pack, rule: ActRule, facts: Facts) -> ActVerdict | None:
    if not rule.chain:
        return None
    still_open = open_steps(pack.chains[rule.chain], facts)
    return ActVerdict(outcome=Outcome.REFUSED, reason="steps_open", open=still_open) if still_open else None


def _outside_period(pack: Pack, rule: ActRule, facts: Facts) -> ActVerdict | None:
    now = instant(facts.get("at"), pack.zone)
    for name in rule.within:
        start, end = _start(pack, name, facts), _end(pack, name, facts)
        if start is None or end is None:
            return _no("missing", lacking=tuple(_open_ends(name, start, end)))
        if now is None or not start <= now < end:
            return _no("outside_period", value=name)
    if any(_ended(pack, name, now, facts) for name in rule.before):
        return _no("ended", value=rule.before[0])
    return None


def _start(pack: Pack, name: str, facts: Facts) -> datetime | None:
    return exact_instant(lookup(facts, f"{name}.from"), pack.zone)


def _end(pack: Pack, name: str, facts: Facts) -> datetime | None:
    return exact_instant(lookup(facts, f"{name}.to"), pack.zone)


def _open_ends(name: str, start: datetime | None, end: datetime | None) -> list[str]:
    return [f"{name}.{side}" for side, value in (("from", start), ("to", end)) if value is None]


def _ended(pack: Pack, name: str, now: datetime | None, facts: Facts) -> bool:
    value = lookup(facts, name)
    end = instant(value, pack.zone)
    if answered(value) and end is None:
        # An end that can't be read has been announced: it is no reason to go on.
        return True
    written = pack.programme.ends if pack.programme is not None else None
    ends = [each for each in (end, instant(written, pack.zone)) if each is not None]
    return any(now is None or now >= each for each in ends)


def _not_listed(rule: ActRule, facts: Facts) -> ActVerdict | None:
    for listed in rule.listed:
        if not _is_listed(listed, facts):
            return _no("not_listed", value=listed.value)
    return None


def _is_listed(listed: Listed, facts: Facts) -> bool:
    value, allowed = text(lookup(facts, listed.value)), texts(lookup(facts, listed.within))
    if not value:
        return False
    return any(_in_network(value, each) for each in allowed) if listed.network else value in allowed


def _in_network(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network)
    except ValueError:
        return False


def _not_present(rule: ActRule, facts: Facts) -> ActVerdict | None:
    """Each group needs a person of its own, and never the applicant."""
    if not rule.present:
        return None
    applicant = text(lookup(facts, "requester.person"))
    there = [(text(each.get("person")), text(each.get("role"))) for each in mappings(facts.get("present"))]
    offers = [{who for who, role in there if who and who != applicant and role in group} for group in rule.present]
    if _each_has_one(offers, frozenset()):
        return None
    lacking = [group for group, offer in zip(rule.present, offers, strict=True) if not offer] or list(rule.present)
    return ActVerdict(
        outcome=Outcome.REFUSED, reason="not_present", need=unique(role for group in lacking for role in sorted(group))
    )


def _each_has_one(offers: list[set[str]], taken: frozenset[str]) -> bool:
    if not offers:
        return True
    return any(_each_has_one(offers[1:], taken | {person}) for person in offers[0] - taken)


def _no(reason: str, *, lacking: tuple[str, ...] = (), value: str = "") -> ActVerdict:
    return ActVerdict(outcome=Outcome.REFUSED, reason=reason, missing=lacking, value=value)
