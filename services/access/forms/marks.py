"""A recorded approval as it stands in its cell: decision, role, person, time in the agency's calendar. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from services.access.forms import words
from services.access.requests.file import Signed
from services.access.status.names import role
from services.kernel.events import ConsultationGiven, ProjectDecided, ResultSigned, StepApproved, StepDenied

ROC_BEGINS: Final = 1911


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """How times are written on one sheet: zone, years of which calendar, words of which language."""

    zone: ZoneInfo
    roc: bool
    language: str

    def local(self, at: datetime) -> datetime:
        """Return an instant on the agency's clock."""
        return at.astimezone(self.zone)

    def year(self, at: datetime) -> int:
        """Return the year as this sheet counts it."""
        return self.local(at).year - (ROC_BEGINS if self.roc else 0)

    def at(self, at: datetime) -> str:
        """Return date and time to the minute, with the second where it isn't a whole one."""
        local = self.local(at)
        if not self.language.startswith("zh"):
            return f"{local:%Y-%m-%d %H:%M:%S %Z}" if local.second else f"{local:%Y-%m-%d %H:%M %Z}"
        second = f" {local.second:02} 秒" if local.second else ""
        # Where clocks change, an hour may come twice: the zone says which.
        zone = "" if self.roc else f" {local:%Z}"
        clock = f"{local:%H} 時 {local:%M} 分{second}{zone}"
        # A line breaks between date and time, never inside.
        return " ".join(_unbroken(part) for part in (f"{self.year(at)} 年 {local.month} 月 {local.day} 日", clock))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One signature, return, denial or opinion."""

    decision: str
    role: str
    person: str
    at: datetime
    on_behalf_of: str = ""
    opinion: str = ""

    def lines(self, calendar: Calendar) -> list[str]:
        """Return what is written into the cell."""
        said = words.texts(calendar.language)
        name = role(self.role, 1 if calendar.language.startswith("zh") else 0)
        stead = f" ({said['for']} {self.on_behalf_of})" if self.on_behalf_of else ""
        when = calendar.at(self.at.replace(second=0, microsecond=0))
        lines = [f"{self.decision} {name} {self.person}{stead}", when]
        return [*lines, " ".join(self.opinion.split())] if self.opinion else lines


def of_step(signed: Signed, act: str, language: str) -> Mark:
    """Return the mark of one step of a chain."""
    event = signed.event
    said = words.texts(language)
    match event:
        case StepApproved():
            return _mark(signed, words.signed(act, language), on_behalf_of=event.delegated_by)
        case ConsultationGiven():
            return _mark(signed, words.signed("consult", language), opinion=event.opinion)
        case StepDenied():
            return _mark(signed, said["denied"])
        case _:
            return _mark(signed, said["returned"])


def of_result(event: ResultSigned, at: datetime, language: str) -> Mark:
    """Return the mark of one signature under the result."""
    return Mark(decision=words.signed("sign", language), role=event.role, person=event.person, at=at)


def of_decision(event: ProjectDecided, at: datetime, act: str, language: str) -> Mark:
    """Return the mark of one decision on a project."""
    return Mark(decision=words.signed(act, language), role=event.role, person=event.person, at=at)


def _mark(signed: Signed, decision: str, *, on_behalf_of: str = "", opinion: str = "") -> Mark:
    event = signed.event
    return Mark(
        decision=decision,
        role=event.role,
        person=event.person,
        at=signed.at,
        on_behalf_of=on_behalf_of,
        opinion=opinion,
    )


def _unbroken(said: str) -> str:
    return said.replace(" ", "\u00a0")
