"""``audit consistency``: nothing that the service says is believed that its hashes don't show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.cli.audit import Known, faults
from services.cli.client import Json
from services.kernel.merkle import consistency_path, leaf_hash, root_of
from tests.fakes.answering import Answering
from tests.unit.cli.conftest import Run

LEAVES = [leaf_hash(f"entry {number}".encode()) for number in range(13)]
REWRITTEN = [leaf_hash(b"another past"), *LEAVES[1:]]
ORIGIN = "example.gov/audit"


def grown(leaves: list[bytes], old_size: int = 5) -> Json:
    """Return what a log of these leaves answers."""
    path = [each.hex() for each in consistency_path(leaves, old_size)]
    roots = {"from_root": root_of(leaves[:old_size]).hex(), "to_root": root_of(leaves).hex()}
    return {"origin": ORIGIN, "from": old_size, "to": len(leaves), "path": path} | roots


def known(leaves: list[bytes]) -> Known:
    return Known(size=len(leaves), root=root_of(leaves).hex(), origin=ORIGIN)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    file = tmp_path / "root.json"
    file.write_text(json.dumps({"origin": ORIGIN, "size": 5, "root": root_of(LEAVES[:5]).hex()}))
    return file


def test_a_log_that_only_grew_is_consistent_and_what_was_not_checked_is_said(
    camledger: Run, service: Answering
) -> None:
    service.says(grown(LEAVES))
    ended = camledger("audit", "consistency", "--from", "5", "--to", "13")
    assert (ended.code, "consistent  example.gov/audit  5 to 13 entries" in ended.out) == (0, True)
    assert "not checked: that the root of 5 is the one you knew" in ended.out
    assert service.paths == ["/api/v1/audit/consistency?from=5&to=13"]


def test_a_kept_root_leaves_nothing_unchecked(camledger: Run, service: Answering, kept: Path) -> None:
    service.says(grown(LEAVES))
    ended = camledger("audit", "consistency", "--since", str(kept), "--to", "13", "--json")
    assert (ended.code, json.loads(ended.out)["consistent"], json.loads(ended.out)["unchecked"]) == (0, True, [])


def test_a_rewritten_past_that_proves_itself_ends_with_1_against_the_kept_root(
    camledger: Run, service: Answering, kept: Path
) -> None:
    service.says(grown(REWRITTEN))
    ended = camledger("audit", "consistency", "--since", str(kept), "--to", "13")
    assert ended.code == 1
    assert f"the root of 5 is {root_of(REWRITTEN[:5]).hex()} here and was {root_of(LEAVES[:5]).hex()}" in ended.err


def test_hashes_that_lead_elsewhere_are_no_proof_even_between_the_roots_that_it_names() -> None:
    proof = grown(LEAVES) | {"from_root": root_of(REWRITTEN[:5]).hex()}
    assert faults(proof, Known(size=5, root=None), known(LEAVES)) == [
        "the hashes don't lead from the log of 5 entries to that of 13"
    ]
    assert faults(grown(LEAVES) | {"path": ["no hash"]}, known(LEAVES[:5]), known(LEAVES))
    assert faults(grown(LEAVES) | {"origin": "else.where"}, known(LEAVES[:5]), Known(size=13, root=None))
    assert faults(grown(LEAVES), known(LEAVES[:4]), known(LEAVES))


@pytest.mark.parametrize(
    "words",
    [(), ("--from", "0"), ("--from", "5", "--from-root", "ab"), ("--to", "13"), ("--since", "/nowhere/root.json")],
)
def test_what_the_log_was_must_be_said_once(camledger: Run, service: Answering, words: tuple[str, ...]) -> None:
    assert (camledger("audit", "consistency", *words).code, service.paths) == (2, [])
