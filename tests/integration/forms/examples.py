"""Requests with everything that a form can show: handed in, signed, carried out. All names are made up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from services.access.forms import entries, sheet
from services.access.forms.filling import Filled, filled
from services.access.forms.marks import Calendar
from services.access.requests.admission import admit
from services.access.requests.commands import Signatory, SubmitRequest
from services.access.requests.file import RequestFile
from services.access.requests.folding import fold
from services.access.requests.form import split
from services.kernel.envelope import Actor, recorded
from services.kernel.events import ConsultationGiven, Event, ResultSigned, StepApproved
from services.kernel.policy import Facts
from services.kernel.policy.facts import text
from services.kernel.policy.paper import Cell, Paper, fields_of, paper_of
from services.runtime.packs import PackFolder, load_checked
from services.runtime.settings import REPOSITORY

NOW = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
REQUEST = UUID(int=7)
INTERVAL = ["2026-11-20T01:00:00Z", "2026-11-20T02:30:00Z"]

NPA: dict[str, Any] = {
    "requester": {"class": "police", "unit": "第二分局偵查隊", "title": "偵查佐", "name": "林小明"},
    "request": {
        "kind": "police",
        "action": "copy",
        "cameras": ["bwc-7"],
        "interval": INTERVAL,
        "officer_on_duty": "王大同",
        "duty_item": "巡邏",
        "cause": "偵辦竊盜案",
        "purpose": "指認犯罪嫌疑人",
        "purposes": ["criminal_case"],
        "time": "2026-11-23T02:00:00Z",
    },
}
NPA_SIGNED = (
    ("sign", "p-0001", "applicant"),
    ("unit_head", "p-0002", "unit_head"),
    ("pr_consult", "p-0008", "public_relations"),
    ("review", "p-0009", "handling_unit"),
    ("decide", "p-0006", "director"),
)
DAAN: dict[str, Any] = {
    "requester": {"class": "internal", "unit": "行政庶務課", "telephone": "02-2358-0000", "name": "林小明"},
    "request": {
        "kind": "internal",
        "action": "view",
        "cameras": ["daan-01", "daan-02"],
        "interval": INTERVAL,
        "legal_basis": "point_6_1",
        "purposes": ["public_safety"],
        "purpose": "釐清櫃檯遺失物",
    },
}
DAAN_SIGNED = (
    ("sign", "p-0001", "applicant"),
    ("applicant_supervisor", "p-0002", "applicant_supervisor"),
    ("system_manager", "p-0003", "system_manager"),
    ("manager_supervisor", "p-0004", "manager_supervisor"),
    ("secretary", "p-0005", "secretary"),
    ("director", "p-0006", "director"),
)
SEATTLE: dict[str, Any] = {
    "requester": {"class": "law_enforcement", "on_behalf_of": ["nobody"], "name": "A. Novak", "unit": "County Sheriff"},
    "request": {
        "kind": "agency",
        "action": "copy",
        "cameras": ["spd-1"],
        "interval": INTERVAL,
        "subjects": ["homicide"],
        "asks": ["footage"],
        "ground": "warrant",
        "reference": "W-1",
        "purpose": "identify a suspect",
    },
    "documents": ["warrant_copy"],
}
SEATTLE_SIGNED = (("review", "p-0010", "records_unit"), ("decide", "p-0011", "captain"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One form with everything that prints it."""

    folder: PackFolder
    form: Facts
    paper: Paper

    def cells(self, file: RequestFile, personal: Mapping[str, str], lang: str = "zh-Hant") -> tuple[Filled, ...]:
        language = self.paper.language(lang)
        pack = self.folder.pack
        calendar = Calendar(zone=pack.zone, roc=self.paper.calendar == "roc", language=language)
        return filled(self.paper, entries.of_request(file, pack, language, personal), calendar)

    def blank(self) -> bytes:
        """The form as it lies in the drawer."""
        pack = self.folder.pack
        calendar = Calendar(zone=pack.zone, roc=True, language="zh-Hant")
        nothing = entries.Entries(number="", version="", facts={})
        return sheet.pdf(filled(self.paper, nothing, calendar), "", "", "", "zh-Hant")

    def pdf(self, file: RequestFile, personal: Mapping[str, str], lang: str = "zh-Hant") -> bytes:
        title = text(self.form["title"][lang])  # type: ignore[index]
        cells = self.cells(file, personal, lang)
        return sheet.pdf(cells, title, str(file.request_id), file.policy_version, self.paper.language(lang))


@cache
def sheet_of(pack_id: str, form: str) -> Sheet:
    folder = load_checked(REPOSITORY / "policies" / pack_id)
    found = folder.forms[f"forms/{form}.yaml"]
    paper = paper_of(found)
    assert paper is not None
    return Sheet(folder=folder, form=found, paper=paper)


def handed_in(sheet: Sheet, facts: Mapping[str, Any], *more: Event) -> tuple[RequestFile, Mapping[str, str]]:
    """Return the file of a request under this form with what else happened, an hour between each, and its names."""
    pack = sheet.folder.pack
    form = split(facts, {text(each.get("fact")) for each in fields_of(sheet.form) if each.get("personal")})
    by = Signatory(person="p-0001", roles=frozenset({text(facts["requester"]["class"])}))
    command = SubmitRequest(request_id=REQUEST, policy_id=pack.id, by=by, facts=facts, personal_ref=str(UUID(int=8)))
    admitted = admit(pack, command, form, set(facts["request"]["cameras"]), NOW)
    assert not admitted.refused, admitted.explanation
    return fold(REQUEST, [_record(sheet, n, each) for n, each in enumerate((*admitted.events, *more))]), form.personal


def signed(steps: Iterable[tuple[str, str, str]], opinion: str = "無意見") -> list[Event]:
    return [_signature(*step, opinion) for step in steps]


def result(act: str = "view", cameras: tuple[str, ...] = ("daan-01", "daan-02")) -> list[Event]:
    """The result of annex 3, to the second, signed by both."""
    about = {"request_id": REQUEST, "act": act, "cameras": cameras}
    begins, ends = datetime(2026, 11, 20, 1, 0, 7, tzinfo=UTC), datetime(2026, 11, 20, 2, 29, 58, tzinfo=UTC)
    by = (("p-0003", "system_manager"), ("p-0007", "ethics_office"))
    return [ResultSigned(**about, result_from=begins, result_to=ends, person=p, role=r) for p, r in by]  # type: ignore[arg-type]


def longest(sheet: Sheet, facts: Mapping[str, Any], letter: str) -> dict[str, Any]:
    """Return the form with every answer as long as the pack lets it be."""
    full: dict[str, Any] = json.loads(json.dumps(facts))
    for each in fields_of(sheet.form):
        (kind, _, name), most = text(each.get("fact")).partition("."), each.get("longest")
        if isinstance(most, int) and kind in full and each.get("type") != "choice":
            answer = letter * most
            full[kind][name] = [answer] if each.get("type") == "cameras" else answer
    return full


def bordered(paper: Paper) -> tuple[Cell, ...]:
    return tuple(cell for cell in paper.cells if cell.style in {"entry", "label"})


def _signature(step: str, person: str, role: str, opinion: str) -> Event:
    if role == "public_relations":
        return ConsultationGiven(request_id=REQUEST, step=step, person=person, role=role, opinion=opinion)
    return StepApproved(request_id=REQUEST, step=step, person=person, role=role, rank="", delegated_by="", note="")


def _record(sheet: Sheet, number: int, event: Event) -> Any:  # noqa: ANN401
    return recorded(
        event,
        stream_id="request/x",
        stream_version=number + 1,
        at=NOW + timedelta(hours=number),
        actor=Actor(id="p-0001", role="clerk"),
        policy_version=sheet.folder.pack.reference,
    )
