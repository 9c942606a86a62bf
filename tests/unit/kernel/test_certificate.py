"""A certificate is checked by its bytes alone: whatever is changed in it, by one byte or by a forger, is found."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.certificate import canonical, sealed, verify
from services.kernel.scope import Scope
from tests.fakes.certificate import made_out
from tests.fakes.destruction import DAY, PACK, T0, marked_at

PACKS = {PACK.digest: PACK}
# What the public log doesn't hold: a forger who seals anew may change these, and the check says that it can't know.
UNPROVEN = {"place", "store", "agency", "kept", "issued", "hold_kind", "kind", "request_id", "placed_at", "origin"}
# A root doesn't tell of how many entries it is one: only whoever signs or witnessed it does.
UNPROVEN |= {"size"}


@cache
def document() -> dict[str, Any]:
    return made_out()


@cache
def content() -> bytes:
    return canonical(document())


def test_a_certificate_as_it_was_issued_is_valid_and_says_what_it_could_not_check() -> None:
    found = verify(content())
    assert (found.valid, found.faults) == (True, ())
    assert any("--root" in each for each in found.unchecked)
    assert any("--policy" in each for each in found.unchecked)


def test_with_the_policy_s_own_files_the_instants_are_computed_again() -> None:
    found = verify(content(), packs=PACKS)
    assert found.valid
    assert not any("--policy" in each for each in found.unchecked)


def test_another_root_than_the_one_known_from_elsewhere_is_a_fault() -> None:
    assert verify(content(), root=document()["log"]["root"]).valid
    assert "root" in verify(content(), root="0" * 64).faults[0]


@given(at=st.integers(min_value=0), value=st.integers(min_value=1, max_value=255))
def test_one_byte_changed_anywhere_is_found(at: int, value: int) -> None:
    changed = bytearray(content())
    changed[at % len(changed)] ^= value
    assert not verify(bytes(changed)).valid


@given(at=st.integers(min_value=0), what=st.binary(min_size=1, max_size=3))
def test_bytes_added_or_taken_away_are_found(at: int, what: bytes) -> None:
    cut = at % len(content())
    assert not verify(content()[:cut] + what + content()[cut:]).valid
    assert not verify(content()[:cut]).valid


@given(anything=st.binary(max_size=200) | st.just(b'{"format":"camledger.deletion-certificate/1"}'))
def test_what_is_no_certificate_is_refused_and_nothing_is_raised(anything: bytes) -> None:
    assert not verify(anything).valid


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401 - JSON
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not isinstance(value, (dict, list)):
        yield path
    for name, inner in pairs:
        yield from leaves(inner, (*path, name))


def forged(path: tuple[str | int, ...]) -> bytes:
    """Change one value and seal the whole anew, as somebody would who knows the format."""
    told = copy.deepcopy(document())
    inner: Any = told
    for name in path[:-1]:
        inner = inner[name]
    before = inner[path[-1]]
    inner[path[-1]] = before + 1 if isinstance(before, int) else _other(before)
    return canonical(sealed(told))


def _other(text: str) -> str:
    last = text[-2:-1] if text.endswith("Z") else text[-1:]
    changed = "1" if last != "1" else "2"
    return text[:-2] + changed + "Z" if text.endswith("Z") else text[:-1] + changed


PROVEN = [
    path
    for path in leaves(made_out())
    if not UNPROVEN & {str(name) for name in path} and path != ("digest",) and path[0] != "subject"
]


@pytest.mark.parametrize("path", PROVEN, ids=lambda path: ".".join(map(str, path)))
def test_a_claim_forged_and_sealed_anew_is_found(path: tuple[str | int, ...]) -> None:
    assert not verify(forged(path), packs=PACKS).valid


def test_an_end_of_a_hold_moved_before_the_mark_is_found() -> None:
    told = copy.deepcopy(document())
    told["segments"][0]["protections"][0]["lines"].pop()
    told["segments"][0]["protections"][0]["events"].pop()
    told["segments"][0]["protections"][0]["protects_until"] = ""
    found = verify(canonical(sealed(told)))
    assert any("had not ended" in each for each in found.faults)


def test_a_certificate_made_out_for_another_segment_is_found() -> None:
    told = copy.deepcopy(document())
    told["subject"]["camera_id"] = "cam-2"
    assert verify(canonical(sealed(told))).faults == ("it lists another segment than it is made out for",)


def test_a_hold_that_had_not_ended_when_it_was_marked_makes_a_true_log_s_certificate_a_finding() -> None:
    found = verify(canonical(made_out(until=marked_at() + DAY)))
    assert any("had not ended when it was marked" in each for each in found.faults)


def test_a_hold_by_place_that_had_not_ended_is_told_as_open_and_never_as_covering() -> None:
    by_place = Scope(area="lobby", starts_at=T0, ends_at=T0 + DAY)
    found = verify(canonical(made_out(by_place, marked_at() + DAY, "unknown")))
    assert found.valid
    assert any("didn't cover it: place, wearer or incident decide" in each for each in found.unchecked)


def test_a_hold_on_another_camera_has_no_place_in_a_certificate() -> None:
    elsewhere = Scope(cameras=("cam-9",), starts_at=T0, ends_at=T0 + DAY)
    assert any("doesn't cover it" in each for each in verify(canonical(made_out(elsewhere))).faults)
