"""What happens to a permitted case when a fact is dropped, emptied or misspelt: it isn't permitted any more, or with as
much to do. The exceptions are written down with their reason, and one that no edit needs is taken out.
"""

import copy
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kernel.policy import ActVerdict, Pack, StepVerdict, Submission, Verdict
from services.kernel.policy.scenarios import ask, facts_of, permits
from services.runtime.packs import load_folder, pack_folders
from services.runtime.settings import REPOSITORY

QUESTIONS = {"submit", "step", "act", "close", "record", "withdraw"}
EDITS = ("drop", "empty", "misspell")
Facts = dict[str, Any]
Place = tuple[str | int, ...]

# Question, place, edits that stay permitted, why. A number in a place reads "#".
STAYS_PERMITTED = [
    (r"\w+", r"at", "drop empty misspell", "nothing in the rule depends on the time"),
    # Free text: any answer counts, nobody can check that it exists.
    (r"submit", r"requester\.(name|unit|title|telephone|person)", "misspell", "free text"),
    (
        r"submit",
        r"request\.(purpose|reference|statute|use|cause|time|case_number|complaint_number)",
        "misspell",
        "text",
    ),
    (r"submit", r"request\.necessity", "misspell", "free text that whoever signs reads"),
    (r"submit", r"request\.incident", "drop empty", "asked of who names one; whoever signs reads that none is named"),
    (r"submit", r"request\.(duty_item|officer_on_duty|legal_basis_text|secrecy_\w+)", "misspell", "free text"),
    (
        r"submit",
        r"request\.(cameras|interval)(\.#)?",
        "misspell",
        "access checks that they exist, acts check the scope",
    ),
    (r"submit", r"request\.interval\.#", "drop empty", "as above: an act without both ends is refused"),
    (r"act", r"copy\.\w+|file\.\w+|footage\.(officer|shift|mask_version)|view\.agreed_time", "misspell", "free text"),
    (r"act", r"live\.(legal_basis|reference|selected_camera)|request\.(purpose|case_number)", "misspell", "free text"),
    (
        r"act|step|withdraw",
        r"(requester\.|present\.#\.|done\.#\.)?person",
        "misspell",
        "identity is authenticated before",
    ),
    (r"close|record", r"records\..*|values\..*", "misspell", "free text"),
    (r"step", r"opinion|period|delegation\.#\.by\.person", "misspell", "free text"),
    # Questions that this rule doesn't ask.
    (r"submit", r"requester\.person", "drop empty", "four eyes ask it at the first signature"),
    (r"submit", r"documents(\.#)?", "drop empty misspell", "a paper that this ground doesn't need"),
    (r"submit", r"request\.purpose", "drop empty", "discovery states a case number instead"),
    (r"submit", r"request\.secrecy_\w+", "drop empty", "somebody said that it is no criminal case"),
    (r"close", r"records", "drop empty misspell", "this act owes no record"),
    (r"withdraw", r"role", "drop empty misspell", "the person who signed takes the step back"),
    (r"step", r"done", "drop empty misspell", "the first step comes after none"),
    (r"act", r"footage\.analytics(\.#)?", "drop empty", "destroying asks nothing about analytics"),
    (r"act", r"camera(\..*)?|footage\.mask\w+(\.#)?", "drop empty misspell", "no picture leaves in an object search"),
    (r"act", r"requester\.class", "drop empty", "membership decides (LIVE-04)"),
    (r"act", r"programme(\.ended_at)?", "drop empty misspell", "no end was announced"),
    (r"close", r"done_at|records\.#\.at", "drop empty misspell", "only a record with a time limit needs it"),
    (r"close", r"request(\.kind)?", "drop empty misspell", "the receipt is demanded all the same"),
    (r"record", r"values\.(masks_attested_by|note)", "drop empty", "optional"),
    (r"record", r"values\.mask_areas", "drop empty", "somebody attested that there are no windows"),
    (r"step", r"requester(\.\w+)?", "drop empty misspell", "not in a four-eyes group with this step"),
    (r"step", r"request\.purposes(\.#)?", "drop empty", "the step under it stays in force"),
    (r"step", r"role|rank|delegation\.#\.by\.(role|rank)", "drop empty misspell", "one of role and rank is enough"),
    # Lists that only get shorter for somebody else, and the log's own entries.
    (r"act", r"grant\.actions\.#|project\.members\.#", "drop empty misspell", "another action, another member"),
    (
        r"act",
        r"camera\.mask_areas(\.#)?|footage\.masked_areas(\.#)?",
        "drop empty misspell",
        "the registry attests windows",
    ),
    (
        r"act|step|withdraw",
        r"done\.#(\.(role|step|members|period|person)(\.#)?)?",
        "drop empty misspell",
        "the log's entry",
    ),
    (r"step", r"period\.#", "drop empty misspell", "the act asks for both ends"),
    (r"submit", r"request\.subjects\.#", "drop", "one of two lawful answers is left"),
    # Routed whatever the form says (SPD-13); counsel sees what is open.
    (r"submit|step", r"request(\.\w+(\.#)?)?|requester\.(class|on_behalf_of\.#)", "drop empty misspell", "routed"),
    # Intake marks a shift whose breaks nobody looked for.
    (r"act", r"footage\.gap", "drop empty", "marked with a finding"),
]
ROUTED_ONLY = "routed"
WINDOWS = (("camera", "mask_areas"), ("values", "mask_areas"))
# Excused above as a whole: with both its ends gone, nobody named an incident. With one gone, the form is refused.
INCIDENT = ("request", "incident")


@lru_cache(maxsize=1)
def permitted() -> list[tuple[Pack, str, Facts]]:
    found: list[tuple[Pack, str, Facts]] = []
    for path in pack_folders(REPOSITORY / "policies"):
        folder = load_folder(path)
        for scenario in folder.scenarios:
            facts = copy.deepcopy(dict(facts_of(scenario)))
            if facts["ask"] in QUESTIONS and permits(ask(folder.pack, facts)):
                found.append((folder.pack, scenario.id, facts))
    return found


def places(value: object, path: Place = ()) -> Iterator[Place]:
    children: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    for key, inner in children:
        if path or key != "ask":
            yield (*path, key)
            yield from places(inner, (*path, key))


def edited(facts: Facts, place: Place, how: str) -> Facts:
    changed: Any = dict(facts)
    holder: Any = changed
    for key in place[:-1]:
        holder[key] = copy.copy(holder[key])
        holder = holder[key]
    if how == "drop":
        del holder[place[-1]]
    elif how == "empty":
        before = holder[place[-1]]
        holder[place[-1]] = type(before)() if isinstance(before, (str, list, dict)) else ""
    else:
        holder[place[-1]] = f"misspelt {place}"
    return dict(changed)


def excused(question: str, place: Place, how: str, *, routed: bool) -> set[int]:
    name = ".".join("#" if isinstance(key, int) else key for key in place)
    return {
        index
        for index, (questions, pattern, hows, why) in enumerate(STAYS_PERMITTED)
        if re.fullmatch(questions, question) and re.fullmatch(pattern, name) and how in hows.split()
        if why != ROUTED_ONLY or routed
    }


def is_routed(pack: Pack, facts: Facts) -> bool:
    asker = facts.get("requester", {})
    behind = [asker.get("class"), *asker.get("on_behalf_of", [])] if isinstance(asker, dict) else []
    return bool(pack.routing) and "immigration_enforcement" in behind


def owed(verdict: Verdict) -> set[str]:
    """What a permission still demands: steps, records, treatments."""
    if isinstance(verdict, Submission):
        return set(verdict.steps)
    if isinstance(verdict, ActVerdict):
        return {*verdict.obligations, *verdict.treatments}
    return set(verdict.open) if isinstance(verdict, StepVerdict) else set()


def test_no_single_fact_left_out_or_misspelt_permits_with_less() -> None:
    used: set[int] = set()
    wrong: list[tuple[object, ...]] = []
    for pack, name, facts in permitted():
        before = ask(pack, facts)
        for place in places(facts):
            for how in EDITS:
                after = ask(pack, edited(facts, place, how))
                if not permits(after):
                    continue
                reasons = excused(facts["ask"], place, how, routed=is_routed(pack, facts))
                used |= reasons
                if not reasons or not (owed(before) <= owed(after) or place[0] == "done"):
                    wrong.append((name, place, how, after.outcome))
    assert wrong == []
    assert [STAYS_PERMITTED[index] for index in range(len(STAYS_PERMITTED)) if index not in used] == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_several_facts_left_out_together_open_nothing_that_one_of_them_closes(data: st.DataObject) -> None:
    pack, _, facts = data.draw(st.sampled_from(permitted()))
    chosen = data.draw(st.lists(st.sampled_from(leaves(facts)), min_size=2, max_size=4, unique=True))
    edits = [(place, data.draw(st.sampled_from(EDITS))) for place in sorted(chosen, key=repr, reverse=True)]
    closed = any(not permits(ask(pack, edited(facts, place, how))) for place, how in edits)
    changed = facts
    for place, how in edits:
        changed = edited(changed, place, how)
    assert not (closed and permits(ask(pack, changed)))


def leaves(facts: Facts) -> list[Place]:
    # What windows a camera sees is the registry's word, given with an attestation; no rule can doubt it.
    found = [place for place in places(facts) if place[:2] not in (*WINDOWS, INCIDENT)]
    return [place for place in found if not any(other[: len(place)] == place for other in found if other != place)]
