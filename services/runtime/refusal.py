"""A refusal as the HTTP interface tells it: problem+json (RFC 9457) with the rule, its clauses and the remedy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


class Refusal(Exception):
    """Raised anywhere below a route: ``kind`` names the reason as a word, such as FourEyesNeeded.

    ``message`` is what the rule itself tells people, by language tag; it is empty where no rule of a policy refuses.
    ``roles`` are those of which one may do it, where the refusal is about roles: for whoever tells them in words.
    """

    def __init__(
        self,
        kind: str,
        *,
        status: int,
        title: str,
        detail: str = "",
        rule: str = "",
        clauses: tuple[str, ...] = (),
        remedy: str = "",
        message: Mapping[str, str] | None = None,
        roles: Collection[str] = (),
    ) -> None:
        super().__init__(f"{kind}: {detail or title}")
        self.kind = kind
        self.status = status
        self.title = title
        self.detail = detail
        self.rule = rule
        self.clauses = clauses
        self.remedy = remedy
        self.message = dict(message or {})
        self.roles = tuple(sorted(roles))
        self.headers: dict[str, str] = {}  # of the answer, besides its body

    @classmethod
    def of_problem(cls, status: int, told: Mapping[str, Any]) -> Refusal:
        """Return the refusal that another service answered with."""
        return Refusal(
            str(told.get("refusal", "NotServed")),
            status=status,
            title=str(told.get("title", "")),
            detail=str(told.get("detail", "")),
            rule=str(told.get("rule", "")),
            clauses=tuple(told.get("clauses", ())),
            remedy=str(told.get("remedy", "")),
            message=told.get("message") or {},
            roles=tuple(map(str, told.get("roles") or ())),
        )

    def problem(self) -> dict[str, object]:
        """Return the body of the answer."""
        return {
            "type": f"urn:camledger:refusal:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "refusal": self.kind,
            "rule": self.rule,
            "clauses": list(self.clauses),
            "remedy": self.remedy,
            "message": self.message,
        } | ({"roles": list(self.roles)} if self.roles else {})
