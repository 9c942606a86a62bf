"""Why access says no. Every refusal names the value, the rule it rests on and what to do instead (I9)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

from services.runtime.refusal import Refusal


class AccessRefusal(Refusal):
    """A command that is not carried out. ``word`` is the reason in one word; without it the class name is."""

    answers_with: ClassVar[int] = 409
    says: ClassVar[str] = "Not possible as things stand"

    def __init__(
        self,
        detail: str,
        *,
        rule: str = "",
        clauses: tuple[str, ...] = (),
        remedy: str = "",
        word: str = "",
        message: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
        roles: Collection[str] = (),
    ) -> None:
        super().__init__(
            word or type(self).__name__,
            status=self.answers_with,
            title=self.says,
            detail=detail,
            rule=rule,
            clauses=clauses,
            remedy=remedy,
            message=message,
            roles=roles,
        )
        self.more = dict(more or {})
        self.on_record = False  # it stands on the log already, as an event of its own

    def problem(self) -> dict[str, object]:
        """Return the body of the answer, with what only this refusal has to say."""
        return super().problem() | self.more


class NotEntitled(AccessRefusal):
    """The person may not do this; the detail names who may."""

    answers_with = 403
    says = "Not yours to do"


class Forbidden(AccessRefusal):
    """A rule of the policy refuses, and nobody on the spot can decide otherwise."""

    answers_with = 403
    says = "Refused by a rule of the policy"


class Unknown(AccessRefusal):
    """No such request, hold, viewing, copy or policy."""

    answers_with = 404
    says = "Not known here"


class Unusable(AccessRefusal):
    """The command can't mean what its author wants, or something in it is missing."""

    answers_with = 422
    says = "Not complete, or not possible"


class NotRecordable(AccessRefusal):
    """The log can't be written now; so nothing is opened (I4)."""

    answers_with = 503
    says = "The log can't be written, so nothing is opened"


class Unreachable(AccessRefusal):
    """Another service, without which nothing can be decided or served, doesn't answer."""

    answers_with = 503
    says = "A service that is needed for this doesn't answer"
