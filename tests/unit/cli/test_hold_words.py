"""``hold list`` and ``hold show`` say of a released hold what the status page says, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

from services.access.status import words
from services.cli.hold_words import row, state, whole
from services.cli.terminal import Lang
from tests.fakes.answering import Answering
from tests.unit.cli.conftest import Run

GLOSSARY = Path(__file__).parents[3] / "docs" / "glossary.md"
UNTIL = "2026-11-29T05:04:22Z"
HOLD = {
    "hold_id": "1a9ba5a1-d56f-4e07-be84-6b0cd021f7a5",
    "kind": "hold",
    "matter": "115-0042",
    "state": "effective",
    "released": False,
    "review_by": "2027-06-30T00:00:00Z",
    "protects_until": None,
}
RELEASED = HOLD | {"released": True, "protects_until": UNTIL}


def glossary() -> dict[str, tuple[str, str]]:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    return {name: (english, chinese) for name, english, chinese in rows}


def test_a_released_hold_is_released_and_says_before_when_nothing_goes() -> None:
    assert whole(RELEASED, Lang.EN)["state"] == "released: nothing goes before 2026-11-29 05:04 UTC"
    assert whole(RELEASED, Lang.ZH_HANT)["state"] == "已解除保全：115年11月29日 05:04 UTC 前不得銷毀"
    assert whole(HOLD, Lang.EN)["state"] == "effective"


def test_the_list_has_a_column_for_it() -> None:
    assert row(RELEASED, Lang.EN)["Not before"] == "2026-11-29 05:04 UTC"
    assert row(HOLD, Lang.EN)["Not before"] == "until released"
    assert row(RELEASED, Lang.ZH_HANT)["狀態"] == "已解除保全"


def test_the_words_are_those_of_the_glossary_and_of_the_status_page() -> None:
    for name in ("effective", "released"):
        assert glossary()[name] == words.STATES[name][1:]
        assert state(HOLD | {"state": name}, Lang.ZH_HANT) == glossary()[name][1]


def test_the_commands_say_so(camledger: Run, service: Answering) -> None:
    service.says({"holds": [RELEASED]})
    assert "effective" not in camledger("hold", "list").out
    service.says(RELEASED)
    assert "nothing goes before 2026-11-29 05:04 UTC" in camledger("hold", "show", RELEASED["hold_id"]).out
    assert "已解除保全" in camledger("hold", "show", str(RELEASED["hold_id"]), "--lang", "zh-Hant").out
