"""Answers on a terminal: no broken instant, no JSON, and on a narrow one a row below the other."""

from __future__ import annotations

import json

import pytest
from rich.console import Console, RenderableType

from services.cli import show
from services.cli.cells import text
from tests.fakes.answering import Answering
from tests.unit.cli.conftest import Run

ROW = {
    "hold_id": "1a9ba5a1-d56f-4e07-be84-6b0cd021f7a5",
    "matter": "115-0042 of the district court",
    "state": "effective",
    "review_by": "2027-06-30T00:00:00Z",
    "protects_until": "2026-11-29T05:04:22.123456Z",
}


def drawn(what: RenderableType, width: int) -> str:
    console = Console(width=width, no_color=True)
    with console.capture() as captured:
        console.print(what)
    return captured.get()


@pytest.mark.parametrize("width", [60, 80, 100, 110, 120, 140])
def test_no_id_and_no_instant_is_broken_at_any_width(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "console", Console(width=width))
    told = drawn(show.listed([ROW]), width)
    assert all(whole in told for whole in (ROW["hold_id"], "2027-06-30 00:00:00Z", "2026-11-29 05:04:22Z", "effective"))
    assert max(len(line.rstrip()) for line in told.splitlines()) <= width


def test_a_wide_terminal_has_one_line_for_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "console", Console(width=140))
    assert len(drawn(show.listed([ROW, ROW]), 140).splitlines()) == 3


def test_scopes_and_secured_lists_are_words() -> None:
    scope = {"cameras": ["cam-1", "cam-2"], "area": "", "from": "2026-01-01T00:00:00+00:00", "to": None}
    assert text([scope]) == "cameras cam-1, cam-2, from 2026-01-01 00:00:00Z"
    secured = {"camera_id": "cam-1", "segments": 3, "digest": "722255f1e5292eda7599dc11"}
    assert text([secured, secured]).split("; ")[0] == "camera id cam-1, segments 3, digest 722255f1…"
    values: list[object] = [True, False, 0, None, [], {}, ""]
    assert [text(value) for value in values] == ["yes", "no", "0", "-", "-", "-", "-"]


def test_an_answer_has_no_brackets_and_the_json_is_untouched(camledger: Run, service: Answering) -> None:
    camera = {"camera_id": "cam-1", "values": {"place": "hall", "areas": ["a", "b"]}, "masks": [{"areas": ["a"]}]}
    service.says(camera)
    told = camledger("camera", "show", "cam-1").out
    assert not set('[]{}"') & set(told)
    assert ("place hall" in told, "areas a, b" in " ".join(told.split())) == (True, True)
    assert json.loads(camledger("camera", "show", "cam-1", "--json").out) == camera


@pytest.mark.parametrize("width", range(60, 125, 5))
def test_no_cell_is_cut_however_wide_the_terminal_is(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "console", Console(width=width))
    row = {"hold id": ROW["hold_id"], "Review by": "2027-06-30 00:00 UTC", "Not before": "2026-11-29 05:04 UTC"}
    told = drawn(show.listed([row | {"note": "one two three four five six seven"}]), width)
    assert all(whole in told for whole in (*row.values(), "seven"))
