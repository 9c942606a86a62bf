"""One catalogue of words: nothing on a page that only one language has, nothing in it that no page says."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from services.access.console import words
from services.access.console.refusing import camel
from services.access.console.words import questions, reasons
from services.access.requests import words as rules
from services.access.status import names
from services.access.status.words import LANGUAGES
from services.kernel.policy import Pack
from services.kernel.policy.needs import names_of
from services.kernel.policy.rules import Step
from services.runtime.packs import load_packs

ROOT = Path(__file__).parents[4]
CONSOLE = ROOT / "services" / "access" / "console"
PAGES = "\n".join(path.read_text() for path in sorted(CONSOLE.glob("templates/*.html")))
CODE = "\n".join(path.read_text() for path in sorted(CONSOLE.glob("*.py")))
# Words that a page puts together from a state, a stage or the like.
MADE = (
    "state_",
    "decision_",
    "filter_",
    "service_",
    "by_",
    "done_",
    "stage_",
    "register_",
    "kind_",
    "lane_",
    "closed_",
    "events_",
    "mark_",
    "form_",
    "copy_over_",
    "pause_reason_",
    "proof_",
    "again_",
    "glass_over_",
    "glass_done_",
    "task_glass_",
)
GLOSSARY = {
    name: (english, chinese)
    for name, english, chinese in re.findall(
        r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", (ROOT / "docs" / "glossary.md").read_text(), flags=re.MULTILINE
    )
}
PACKS = load_packs(ROOT / "policies")


def holes(said: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(said) if name is not None}


def test_every_word_says_something_in_both_languages_with_the_same_values() -> None:
    assert [name for name, (english, chinese) in words.WORDS.items() if not (english.strip() and chinese.strip())] == []
    assert [name for name, (english, chinese) in words.WORDS.items() if holes(english) != holes(chinese)] == []


def test_no_word_is_written_twice() -> None:
    written = [name for part in words.PARTS for name in part.WORDS]
    assert sorted(written) == sorted(set(written))


def test_every_word_that_a_page_says_is_in_the_catalogue() -> None:
    asked = set(re.findall(r"\bw\('([a-z_]+)'[,)]", PAGES)) | set(re.findall(r"words\.word\(\s*\"([a-z_]+)\"", CODE))
    assert asked
    assert asked <= set(words.WORDS)


def test_every_word_of_the_catalogue_is_said_somewhere() -> None:
    said = {name for name in words.WORDS if f"'{name}'" in PAGES or f'"{name}"' in PAGES + CODE}
    assert {
        name for name in set(words.WORDS) - said if not name.startswith(MADE) and not name.endswith("_part")
    } == set()


def test_every_reason_of_the_policy_kernel_has_words_and_a_way_on() -> None:
    named = {camel(reason) for reason in (*rules.PLAIN, *rules.WAY_ON)}
    assert named <= set(reasons.REASONS)


def test_every_question_and_answer_of_the_shipped_packs_has_words() -> None:
    for pack in PACKS.values():
        for rule in pack.requests.values():
            asked = {name for name in names_of(rule.need) if not name.startswith("document:")}
            assert asked <= set(questions.FACTS), pack.id
            said = {*rule.actions, *rule.requesters, *rule.need.documents}
            assert said <= set(questions.VALUES), pack.id


def test_every_word_of_a_vocabulary_about_requests_has_words() -> None:
    for pack in PACKS.values():
        for name, known in pack.vocabulary.items():
            if name.startswith(("request.", "requester.")) and name != "request.kind" and pack.requests:
                assert {str(word).replace("\0", "") for word in known} <= set(questions.VALUES), (pack.id, name)


@pytest.mark.parametrize("name", ["kept", "queued", "held", "securing", "destroying", "gone"])
def test_a_mark_of_the_timeline_is_called_as_the_glossary_calls_the_state(name: str) -> None:
    english, chinese = words.WORDS[f"mark_{name}"]
    assert (english.lower(), chinese) == GLOSSARY[name]


@pytest.mark.parametrize("name", ["queued", "commanded", "overdue"])
def test_a_stage_of_the_queue_begins_with_the_glossarys_word(name: str) -> None:
    english, chinese = words.WORDS[f"stage_{name}"]
    assert english.startswith(GLOSSARY[name][0])
    assert chinese.startswith(GLOSSARY[name][1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_agencys_own_word_stands_as_it_is(language: str) -> None:
    assert words.value("tide_gauge", language) == "tide gauge"
    assert words.fact("request.tide_gauge", language) == "tide gauge"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_role_is_called_by_one_title_in_packs_forms_and_pages(language: str) -> None:
    index = LANGUAGES.index(language)
    steps = [(pack.id, step) for pack in load_packs(ROOT / "policies").values() for step in _steps(pack)]
    # A step that is called as the one role that takes it is titled as that role; others are titled as what is done.
    named = [(policy, step) for policy, step in steps if (step.id,) == tuple(step.roles)]
    assert len(named) >= 6
    other = {(policy, step.id): step.title for policy, step in named if not _is_title(step, language, index)}
    assert other == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_roles_have_one_title(language: str) -> None:
    titles = [both[LANGUAGES.index(language)] for role, both in names.ROLES.items() if ":" not in role]
    assert len(titles) == len(set(titles))


def _steps(pack: Pack) -> list[Step]:
    return [step for chain in pack.chains.values() for step in chain.steps]


def _is_title(step: Step, language: str, index: int) -> bool:
    return step.title[language].casefold() == names.role(step.id, index).casefold()
