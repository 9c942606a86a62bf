"""How long an answer may be: what the pack's form says of its own cells, so that every accepted answer fits them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.access.refusals import Unusable
from services.kernel.policy import Facts
from services.kernel.policy.facts import items, lookup, sub, text, texts
from services.kernel.policy.paper import fields_of

TOO_LONG: Final = {
    "en": "The answer is longer than its place on the form.",
    "zh-Hant": "填寫內容超過申請表欄位之長度。",
}


def must_fit(forms: Iterable[Facts], facts: Facts) -> None:
    """Raise Unusable that names the first answer which is longer than its place on the form of this kind."""
    kind = text(lookup(facts, "request.kind"))
    for form in forms:
        if kind not in texts(sub(form, "paper").get("kinds")):
            continue
        for field in fields_of(form):
            name, longest = text(field.get("fact")), field.get("longest")
            if isinstance(longest, int) and (written := length(lookup(facts, name))) > longest:
                raise Unusable(
                    f"the answer to {name} has {written} characters; {text(form.get('id'))} has room for {longest}",
                    rule=f"form.{text(form.get('id'))}",
                    clauses=texts(form.get("clauses")),
                    remedy="say it shorter, and attach what is longer as a document",
                    message=TOO_LONG,
                    word="AnswerTooLong",
                )


def length(value: object) -> int:
    """Return how many characters an answer takes on paper; what stands between the items of a list counts too."""
    said = [str(each) for each in items(value)]
    return sum(map(len, said)) + 2 * max(0, len(said) - 1)
