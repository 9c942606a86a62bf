"""A link is good for one picture, one person, one address, one minute, and shows nothing of the upstream."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from services.access.live.links import LIVES_S, BadLink, Kind, Link, Seal, new_secret

SEAL = Seal(live_id=UUID(int=1), person="p-1", address="10.9.0.7", secret=new_secret())
LINK = Link(kind=Kind.SEGMENT, url="http://streams.police.local/c1/seg-7.ts")
NOW = 1_800_000_000


def test_a_link_leads_back_to_what_was_sealed() -> None:
    name = SEAL.sealed(LINK, NOW)
    assert name.endswith(".ts")
    assert SEAL.opened(name, NOW + LIVES_S - 1) == LINK


def test_a_link_shows_nothing_of_where_it_leads() -> None:
    name = SEAL.sealed(LINK, NOW)
    assert "police" not in name
    assert "seg" not in name.partition(".")[0]
    assert SEAL.sealed(LINK, NOW) != name


def test_a_link_is_worth_nothing_after_a_minute() -> None:
    with pytest.raises(BadLink, match="older than a minute"):
        SEAL.opened(SEAL.sealed(LINK, NOW), NOW + LIVES_S)


@pytest.mark.parametrize(
    "changed", [{"live_id": UUID(int=2)}, {"person": "p-2"}, {"address": "10.9.0.8"}, {"secret": bytes(32)}]
)
def test_a_link_of_another_picture_person_or_address_leads_nowhere(changed: dict[str, object]) -> None:
    with pytest.raises(BadLink):
        replace(SEAL, **changed).opened(SEAL.sealed(LINK, NOW), NOW)  # type: ignore[arg-type]


def test_every_changed_character_is_noticed() -> None:
    name = SEAL.sealed(LINK, NOW)
    for at in range(len(name) - 3):
        other = "A" if name[at] != "A" else "B"
        with pytest.raises(BadLink):
            SEAL.opened(name[:at] + other + name[at + 1 :], NOW)


@pytest.mark.parametrize("name", ["", ".ts", "a.ts", "a.exe", "a/b.ts", "é.ts", "x" * 10_000 + ".ts", "AAAA.m3u8"])
def test_what_is_no_link_leads_nowhere(name: str) -> None:
    with pytest.raises(BadLink):
        SEAL.opened(name, NOW)


def test_a_segment_can_not_be_asked_for_as_a_playlist() -> None:
    with pytest.raises(BadLink):
        SEAL.opened(SEAL.sealed(LINK, NOW).replace(".ts", ".m3u8"), NOW)
