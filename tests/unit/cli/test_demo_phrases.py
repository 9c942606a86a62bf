"""What the demo says: each phrase in both languages with the same fields, and short enough for 80 columns."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest
from rich.cells import cell_len

import services.cli.demo
from services.cli.demo.check import RULES
from services.cli.demo.people import ANNEX_3
from services.cli.demo.phrases import LANGS, PHRASES, Lang, phrase, translated
from services.cli.demo.telling import Teller

LONGEST = {
    "names": "ingest, retention, access, analytics",
    "name": "analytics",
    "policy": "taipei-live",
    "camera": "corner-05",
    "seconds": 40,
    "who": "supervisor-kao",
    "request": "c8ddf67f",
    "count": 14,
    "day": "2026-10-13",
    "hold": "c8ddf67f",
    "to": "mayor's counsel",
    "clauses": "SPD-08",
    "size": 1_389_091,
    "what": "destroy what was recorded just now, forge its receipt",
    "records": 1_304,
    "parts": "5 by the hold, 2 by an open request to view, 1 by a rescue",
}
TIME_COLUMNS = 9
WITH_PATHS = {"process.ended", "end"}
FOLDER = Path(services.cli.demo.__path__[0])


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", PHRASES)
def test_a_phrase_has_the_same_fields_in_both_languages(name: str) -> None:
    english, chinese = PHRASES[name]
    assert fields(english) == fields(chinese)
    assert english != chinese


@pytest.mark.parametrize("name", [name for name in PHRASES if name not in WITH_PATHS])
def test_a_phrase_fits_one_line(name: str) -> None:
    for lang in LANGS:
        told = phrase(name, lang, **{one: LONGEST[one] for one in fields(PHRASES[name][0])})
        assert cell_len(told) + TIME_COLUMNS <= 80, told


def test_each_step_of_the_district_offices_chain_has_its_name() -> None:
    assert {name.removeprefix("signed.") for name in PHRASES if name.startswith("signed.")} == {s for s, _ in ANNEX_3}


def test_every_phrase_is_said_and_every_said_one_is_there() -> None:
    said = {
        node.value
        for path in FOLDER.glob("*.py")
        if path.name != "phrases.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in PHRASES
    }
    by_pattern = {name for name in PHRASES if name.startswith(("table.", "sabotage.", "rule.", "held.", "signed."))}
    from_up = {"stack.starting", "services.starting", "service.ready", "process.ended", "server.ended"}
    assert set(PHRASES) == said | by_pattern | from_up


def test_every_rule_of_the_check_has_its_words() -> None:
    known = {f"rule.{rule.__name__.lstrip('_')}" for rule in RULES} | {"rule.log_and_database_tell_the_same"}
    assert known == {name for name in PHRASES if name.startswith("rule.")}


@pytest.mark.parametrize(("lang", "title"), [("en", "mayor's counsel"), ("zh-Hant", "市府法律顧問")])
def test_an_office_is_said_by_its_title(lang: Lang, title: str, capsys: pytest.CaptureFixture[str]) -> None:
    Teller(lang).say("routed", to="mayor_counsel", clauses="SPD-13")
    told = capsys.readouterr()
    assert title in told.out + told.err
    assert "mayor_counsel" not in told.out + told.err


def test_what_up_says_is_recognised() -> None:
    assert translated("retention is ready", "zh-Hant") == "retention 已就緒"
    assert translated("starting ingest, access", "zh-Hant") == "啟動服務：ingest, access"
    assert translated("starting Kafka and Postgres", "zh-Hant") == "啟動 Kafka 與 Postgres"
    assert translated("something else", "zh-Hant") == "something else"
