"""Copies of a real recording over HTTP: signed provenance, a visible mark, a redaction, the bundle and its receipt."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
from c2pa import Context, Reader, Settings

from services.access.bundle import verify
from services.access.provenance.key import KeyInFile
from services.kernel.events import BundleHandedOut, CopyMade
from tests.conftest import Addresses
from tests.fakes.custody import CLIP
from tests.fakes.footage import clip
from tests.integration.access.conftest import City, build, tear_down
from tests.integration.access.test_requests import DAAN_CHAIN, daan, signed

FIRST = {"camera": "cam-19", "start": "2026-11-01T08:00:00Z"}
Json = dict[str, Any]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recorded")


@pytest.fixture(scope="module")
def city(stack: Addresses, tmp_path_factory: pytest.TempPathFactory, recorded: Path) -> Iterator[City]:
    """A running access whose custody has a real recording."""
    built = build(stack, tmp_path_factory.mktemp("city"))
    built.custody.bytes = clip(recorded / "clip.mp4", seconds=1.0).read_bytes()
    try:
        built.start()
        built.settle()
        yield built
    finally:
        tear_down(built)


def copied(city: City) -> tuple[str, Json]:
    request_id = str(signed(city, daan("copy"), DAAN_CHAIN)["request_id"])
    return request_id, city.do("officer-lin", f"/requests/{request_id}/copies", FIRST)["copies"][0]


@pytest.fixture(scope="module")
def held(city: City) -> tuple[str, Json]:
    """A granted request and its first copy, for every test that leaves both as they are."""
    return copied(city)


def fetched(city: City, copy: Json) -> bytes:
    answer = city.call("officer-lin", "GET", f"/copies/{copy['copy_id']}/media")
    assert answer.status_code == 200, answer.text
    return answer.content


def validity(city: City, content: bytes) -> str:
    anchors = KeyInFile(city.settings.home / "access" / "copies.pem").certificates
    trusted = Settings.from_dict({"trust": {"trust_anchors": anchors}, "verify": {"verify_trust": True}})
    with Reader("video/mp4", io.BytesIO(content), context=Context(settings=trusted)) as reader:
        return str(reader.get_validation_state())


def uploaded(city: City, copy: Json, content: bytes, who: str = "sysman-wu", **how: str) -> httpx.Response:
    headers = {"authorization": f"Bearer token-{who}", "content-type": how.get("declared", "video/mp4")}
    path = f"{city.url}/api/v1/copies/{copy['copy_id']}/redacted"
    why = how.get("why", "a bystander's face")
    return httpx.put(path, params={"why": why}, content=content, headers=headers, timeout=90)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["refusal"]


def test_a_copy_carries_a_signature_that_a_reader_trusts_and_the_native_hash(
    city: City, held: tuple[str, Json]
) -> None:
    _, copy = held
    content = fetched(city, copy)
    assert validity(city, content) == "Trusted"
    assert (copy["form"], copy["sha256"]) == ("original", sha256(content).hexdigest())
    assert copy["native_sha256"] == sha256(city.custody.bytes).hexdigest()
    broken = bytearray(content)
    broken[-1000] ^= 1
    assert validity(city, bytes(broken)) == "Invalid"


def test_a_marked_copy_is_linked_to_its_original_and_has_a_due_date_of_its_own(
    city: City, held: tuple[str, Json]
) -> None:
    _, copy = held
    due = "2026-11-30T00:00:00Z"
    marked = city.do("officer-lin", f"/copies/{copy['copy_id']}/marked", {"return_by": due})
    assert (marked["form"], marked["derived_from"], marked["return_by"]) == ("marked", copy["sha256"], due)
    assert marked["copy_number"] != copy["copy_number"]
    assert validity(city, fetched(city, marked)) == "Trusted"
    assert marked["sha256"] == sha256(fetched(city, marked)).hexdigest()
    (event,) = city.told("access.events", CopyMade, lambda e: str(e.copy_id) == marked["copy_id"])
    assert event.derived_from == copy["sha256"]
    again = city.call("officer-lin", "POST", f"/copies/{marked['copy_id']}/marked", {})
    assert refusal(again) == (409, "NotAnOriginal")
    city.do("officer-lin", f"/copies/{marked['copy_id']}/return", {"how": "destroyed"})
    assert refusal(city.call("officer-lin", "GET", f"/copies/{marked['copy_id']}/media")) == (403, "CopyOver")
    assert city.call("officer-lin", "GET", f"/copies/{copy['copy_id']}/media").status_code == 200


def test_a_redacted_copy_says_who_why_and_of_what(city: City, held: tuple[str, Json], recorded: Path) -> None:
    request_id, copy = held
    content = clip(recorded / "redacted.mp4", seconds=0.7).read_bytes()
    answer = uploaded(city, copy, content)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["form"], told["derived_from"], told["made_by"]) == ("redacted", copy["sha256"], "p-wu")
    assert (told["why"], told["native_sha256"]) == ("a bystander's face", sha256(content).hexdigest())
    assert (told["person"], validity(city, fetched(city, told))) == ("p-lin", "Trusted")
    assert told in city.see("sysman-wu", f"/requests/{request_id}")["copies"]


@pytest.mark.parametrize(
    ("content", "how", "why"),
    [
        (b"<script>alert(1)</script>", {}, "no video"),
        (b"", {}, "no video"),
        (CLIP, {}, "no video"),
        (b"#EXTM3U\nfile:///etc/passwd\n", {"declared": "application/vnd.apple.mpegurl"}, "no video"),
    ],
)
def test_an_upload_that_is_not_what_it_says_is_refused(
    city: City, held: tuple[str, Json], content: bytes, how: Json, why: str
) -> None:
    _, copy = held
    answer = uploaded(city, copy, content, **how)
    assert refusal(answer) == (422, "NotARedaction")
    assert why in answer.json()["detail"]


def test_a_redaction_is_neither_the_original_nor_another_container_nor_a_longer_film(
    city: City, held: tuple[str, Json], recorded: Path
) -> None:
    _, copy = held
    matroska = clip(recorded / "really.mkv", seconds=0.7, muxer="matroska").read_bytes()
    for content, declared, said in (
        (city.custody.bytes, "video/mp4", "original itself"),
        (fetched(city, copy), "video/mp4", "original itself"),
        (matroska, "video/mp4", "declared as video/mp4"),
    ):
        answer = uploaded(city, copy, content, declared=declared)
        assert said in answer.json()["detail"], answer.text
    assert uploaded(city, copy, matroska, declared="video/x-matroska").status_code == 201


def test_only_a_custodian_who_did_not_ask_redacts_and_says_why(city: City, held: tuple[str, Json]) -> None:
    _, copy = held
    assert refusal(uploaded(city, copy, b"", who="officer-lin")) == (403, "NotEntitled")
    assert uploaded(city, copy, b"", why="  ").json()["rule"] == "copy.redact"
    assert uploaded(city, copy, b"", why="x" * 2_000).status_code == 422


def test_a_bundle_is_on_the_log_before_it_leaves_and_a_stranger_can_check_it(city: City, tmp_path: Path) -> None:
    request_id, copy = copied(city)
    early = city.call("officer-lin", "POST", f"/requests/{request_id}/receipt", {})
    assert refusal(early) == (422, "Unusable")
    city.do("officer-lin", f"/copies/{copy['copy_id']}/marked")
    answer = city.call("officer-lin", "POST", f"/requests/{request_id}/bundle", {})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    (event,) = city.told("access.events", BundleHandedOut, lambda e: str(e.request_id) == request_id)
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(answer.content)
    with ZipFile(bundle) as opened:
        assert sha256(opened.read("manifest.json")).digest() == event.manifest_sha256
        lineage = json.loads(opened.read("lineage.json"))["copies"]
        assert json.loads(opened.read("audit.json"))["extracts"] == []  # analytics doesn't run here, and it says so
    assert [each["form"] for each in lineage] == ["original", "marked"]
    assert verify.check(verify.Bundle(bundle)) == []
    assert event.receipt_number == answer.headers["x-receipt-number"]
    # One signature under the receipt signs for every copy of the bundle.
    assert refusal(city.call("sysman-wu", "POST", f"/requests/{request_id}/receipt", {})) == (403, "NotEntitled")
    told = city.do("officer-lin", f"/requests/{request_id}/receipt")
    assert [each["signed_by"][0]["role"] for each in told["copies"]] == ["applicant", "applicant"]


def test_nobody_else_gets_a_copy_a_mark_or_a_bundle(city: City, held: tuple[str, Json]) -> None:
    request_id, copy = held
    for who in ("head-chen", "sysman-wu", "agency-novak"):
        assert city.call(who, "POST", f"/requests/{request_id}/bundle", {}).status_code == 403
        assert city.call(who, "POST", f"/copies/{copy['copy_id']}/marked", {}).status_code == 403
        assert city.call(who, "GET", f"/copies/{copy['copy_id']}/media").status_code == 403
    assert (
        city.call("agency-novak", "POST", f"/copies/{copy['copy_id']}/return", {"how": "returned"}).status_code == 403
    )


def test_a_result_names_what_was_done_inside_the_grant_to_the_second(city: City, held: tuple[str, Json]) -> None:
    request_id, _ = held
    good = {"act": "copy", "cameras": ["cam-19"], "from": "2026-11-01T08:00:00Z", "to": "2026-11-01T08:10:00Z"}
    role = {"role": "system_manager"}
    refused: tuple[Json, ...] = (
        {"act": "view"},
        {"cameras": ["cam-20"]},
        {"to": "2026-11-02T08:00:00Z"},
        {"from": "2026-11-01T08:00:00.5Z"},
        {"cameras": ["<script>"]},
        {"cameras": []},
    )
    for wrong in refused:
        assert city.call("sysman-wu", "POST", f"/requests/{request_id}/result", good | role | wrong).status_code == 422
    assert city.do("sysman-wu", f"/requests/{request_id}/result", good | role)["signed"][0]["person"] == "p-wu"
