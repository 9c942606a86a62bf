"""One raw rule in, one typed rule out, section by section of ``policy.yaml``."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TypedDict

from services.kernel.policy.conditions import Applies, Condition, Vocabulary, condition
from services.kernel.policy.facts import Facts, items, mappings, sub, text, texts, token, tokens, whole
from services.kernel.policy.parts import (
    closing,
    exact,
    listed,
    necessity,
    one_of,
    open_request,
    period,
    readings,
    words,
)
from services.kernel.policy.periods import Reading, parse_period
from services.kernel.policy.rules import (
    ActRule,
    Chain,
    ChangeControl,
    Dispose,
    Duty,
    Filing,
    Gate,
    HoldKind,
    Need,
    Programme,
    Prohibition,
    RecordRule,
    Register,
    RequestRule,
    Retention,
    RetentionRule,
    Route,
    Step,
    Text,
    Violation,
)

# Room for carrying destructions out before a maximum, where a pack states none.
_MARGIN_DEFAULT = timedelta(days=1)


class Head(TypedDict):
    id: str
    clauses: tuple[str, ...]
    title: Text
    message: Text
    basis: Text | None
    applies: Applies


class Sections:
    """Builds rules of one pack: they share its vocabulary and its default readings."""

    def __init__(self, vocabulary: Vocabulary, readings: tuple[Reading, ...]) -> None:
        self._vocabulary = vocabulary
        self._readings = readings

    def prohibition(self, raw: Facts) -> Prohibition:
        return Prohibition(**self._head(raw), gates=frozenset(Gate(gate) for gate in texts(raw["gates"])))

    def route(self, raw: Facts) -> Route:
        return Route(**self._head(raw), to=text(raw["to"]), chain=text(raw["chain"]))

    def request(self, raw: Facts) -> RequestRule:
        return RequestRule(
            **self._head(raw),
            kind=text(raw["kind"]),
            requesters=frozenset(texts(raw["requesters"])),
            actions=frozenset(texts(raw["actions"])),
            need=self._need(raw),
            refuse_without=frozenset(texts(raw.get("refuse_without"))),
            chain=text(raw["chain"]),
            decide_within=period(sub(raw, "decide_within").get("period")),
            necessity=necessity(sub(raw, "necessity")),
        )

    def chain(self, raw: Facts) -> Chain:
        steps = tuple(self._step(each) for each in mappings(raw["steps"]))
        return Chain(
            **self._head(raw), steps=steps, distinct=tuple(texts(group) for group in items(raw.get("distinct")))
        )

    def _step(self, raw: Facts) -> Step:
        return Step(
            **self._head(raw),
            act=text(raw["act"]),
            roles=frozenset(texts(raw["roles"])),
            min_rank=text(raw.get("min_rank")),
            delegable=whole(raw.get("delegable")),
            after=texts(raw.get("after")),
            fields=texts(raw.get("fields")),
            withdrawable=raw.get("withdrawable") is True,
        )

    def act(self, raw: Facts) -> ActRule:
        return ActRule(
            **self._head(raw),
            acts=frozenset(texts(raw["acts"])),
            grant=raw.get("grant") is True,
            need=self._need(raw),
            facts={name: tokens(items(wanted)) for name, wanted in sub(raw, "facts").items()},
            covers=tuple((text(each["need"]), text(each["have"])) for each in mappings(raw.get("covers"))),
            chain=text(raw.get("chain")),
            within=texts(raw.get("within")),
            before=texts(raw.get("before")),
            listed=tuple(listed(each) for each in mappings(raw.get("listed"))),
            present=tuple(frozenset(texts(each["any_of"])) for each in mappings(raw.get("present"))),
            closes_with=tuple(closing(each) for each in mappings(raw.get("closes_with"))),
            treat=tuple((self._when(each), text(each["do"])) for each in mappings(raw.get("treat"))),
        )

    def record(self, raw: Facts) -> RecordRule:
        limits = {name: value for name, value in sub(raw, "limits").items() if isinstance(value, (int, float))}
        return RecordRule(
            **self._head(raw),
            need=self._need(raw),
            optional=texts(raw.get("optional")),
            closed=raw.get("closed") is True,
            limits=limits,
            must_be={name: token(value) for name, value in sub(raw, "must_be").items()},
        )

    def duty(self, raw: Facts) -> Duty:
        return Duty(
            **self._head(raw),
            every=period(raw.get("every")),
            per=text(raw.get("per")),
            late=text(raw.get("then")) or "overdue",
            fields=texts(raw.get("fields")),
            confirm=text(raw.get("confirm")),
            readings=self._own_readings(raw),
        )

    def register(self, raw: Facts) -> Register:
        term = sub(raw, "term")
        return Register(**self._head(raw), period=parse_period(text(term["period"])), readings=self._own_readings(term))

    def violation(self, raw: Facts) -> Violation:
        return Violation(**self._head(raw), acts=frozenset(texts(raw["acts"])), without=text(raw["without"]))

    def retention(self, raw: Facts) -> Retention:
        recovery = sub(raw, "recovery")
        holds = [self._hold(each) for each in mappings(raw.get("holds"))]
        margin = recovery.get("margin_days")
        return Retention(
            rules=tuple(self._retention_rule(each) for each in mappings(raw.get("rules"))),
            dispose=Dispose(text(raw["dispose"])),
            recovery=exact(parse_period(text(recovery["period"]))),
            margin=timedelta(days=margin) if isinstance(margin, int) else _MARGIN_DEFAULT,
            open_request=open_request(sub(raw, "open_request")),
            holds={hold.kind: hold for hold in holds},
        )

    def _retention_rule(self, raw: Facts) -> RetentionRule:
        return RetentionRule(
            **self._head(raw),
            clock=text(raw["clock"]),
            keep_at_least=period(raw.get("keep_at_least")),
            destroy_by=period(raw.get("destroy_by")),
            readings=self._own_readings(raw),
        )

    def _hold(self, raw: Facts) -> HoldKind:
        return HoldKind(
            **self._head(raw),
            kind=text(raw["kind"]),
            lifts_maximum=raw.get("lifts_maximum") is True,
            fields=texts(raw.get("fields")),
        )

    def programme(self, raw: Facts) -> Programme:
        end = text(raw.get("ends"))
        return Programme(
            **self._head(raw),
            review_by=date.fromisoformat(text(raw["review_by"])),
            ends=date.fromisoformat(end) if end else None,
        )

    def change(self, raw: Facts) -> ChangeControl:
        shorten = sub(raw, "shorten")
        return ChangeControl(
            **self._head(raw),
            approvals=whole(shorten.get("approvals")),
            notice=parse_period(text(shorten["notice"])),
            roles=texts(shorten.get("roles")),
        )

    def filing(self, raw: Facts) -> Filing:
        return Filing(**self._head(raw), path=text(raw["path"]), audio=text(raw["audio"]))

    def _head(self, raw: Facts) -> Head:
        basis = raw.get("basis")
        return Head(
            id=text(raw["id"]),
            clauses=texts(raw.get("clauses")),
            title=words(raw.get("title")),
            message=words(raw.get("message")),
            basis=words(basis) if isinstance(basis, Mapping) else None,
            applies=self._applies(raw),
        )

    def _applies(self, raw: Facts) -> Applies:
        unless = condition(sub(raw, "unless"), self._vocabulary) if "unless" in raw else None
        return Applies(self._when(raw), unless)

    def _when(self, raw: Facts) -> Condition:
        return condition(sub(raw, "when"), self._vocabulary)

    def _need(self, raw: Facts) -> Need:
        return Need(
            fields=texts(raw.get("fields")),
            documents=texts(raw.get("documents")),
            either=tuple(texts(group) for group in items(raw.get("either"))),
            one_of=tuple(one_of(each) for each in mappings(raw.get("one_of"))),
            also=tuple((self._when(each), self._need(each)) for each in mappings(raw.get("also"))),
        )

    def _own_readings(self, raw: Facts) -> tuple[Reading, ...]:
        return readings(raw) or self._readings
