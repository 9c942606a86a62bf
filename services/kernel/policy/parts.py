"""The parts that rules of ``policy.yaml`` are made of, each from its raw form; none knows the pack it stands in."""

from collections.abc import Mapping
from datetime import timedelta

from services.kernel.policy.facts import Facts, sub, text, texts, token, whole
from services.kernel.policy.periods import Period, Reading, parse_period
from services.kernel.policy.rules import Closing, Listed, Necessity, OneOf, OpenRequest, Text


def words(value: object) -> Text:
    return {lang: said for lang, said in value.items() if isinstance(said, str)} if isinstance(value, Mapping) else {}


def period(value: object) -> Period | None:
    return parse_period(value) if isinstance(value, str) else None


def readings(raw: Facts) -> tuple[Reading, ...]:
    return tuple(Reading(each) for each in texts(raw.get("readings")))


def exact(length: Period) -> timedelta:
    return timedelta(days=length.days) + length.clock


def one_of(raw: Facts) -> OneOf:
    return OneOf(field=text(raw["field"]), values={token(key): texts(then) for key, then in sub(raw, "values").items()})


def listed(raw: Facts) -> Listed:
    return Listed(value=text(raw["value"]), within=text(raw["in"]), network=raw.get("as") == "network")


def closing(raw: Facts) -> Closing:
    return Closing(
        record=text(raw["record"]),
        fields=texts(raw.get("fields")),
        signed_by=texts(raw.get("signed_by")),
        by=period(raw.get("by")),
    )


def necessity(raw: Facts) -> Necessity | None:
    if not raw:
        return None
    margin = exact(parse_period(text(raw["margin"])))
    return Necessity(incident=text(raw["incident"]), margin=margin, explain=text(raw["explain"]))


def open_request(raw: Facts) -> OpenRequest:
    pause, extend, cap = sub(raw, "pause"), sub(raw, "extend"), sub(raw, "protects_at_most")
    return OpenRequest(
        blocks_for=parse_period(text(raw["blocks_for"])),
        past_maximum=raw.get("past_maximum") is True,
        working_day=raw.get("ends_on") == "working_day",
        pause_reasons=frozenset(texts(pause.get("reasons"))),
        pause_at_most=period(pause.get("at_most")),
        extend_by=period(extend.get("by")),
        extend_times=whole(extend.get("times")),
        cameras_max=whole(cap.get("cameras")) or None,
        camera_hours_max=whole(cap.get("camera_hours")) or None,
    )
