"""A copy carries its provenance: another reader of the same standard finds it whole, and a changed byte breaks it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import pytest
from c2pa import Context, Reader, Settings

from services.access.key_files import KeyFileUnsafe
from services.access.provenance.claims import MARKED, ORIGINAL, Claim, lines, manifest
from services.access.provenance.key import KeyInFile
from services.access.provenance.studio import Studio
from services.access.provenance.unfit import Unfit
from tests.fakes.footage import clip, old_camera

STARTED = datetime(2026, 11, 1, 8, tzinfo=UTC)
CLAIM = Claim(
    form=ORIGINAL,
    request_id=UUID(int=7),
    copy_number="daan-cctv-00000000-1",
    applicant="p-lin",
    camera_id="cam-19",
    footage_from=STARTED,
    footage_to=STARTED + timedelta(seconds=3),
    native_sha256="ab" * 32,
    segment_sha256="ab" * 32,
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(KeyInFile(tmp_path_factory.mktemp("keys") / "copies.pem"))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=1.0)


def signed(studio: Studio, source: Path, claim: Claim = CLAIM, parent: Path | None = None) -> Path:
    target = source.with_name(f"{source.stem}-{claim.form}-signed.mp4")
    about = {"path": str(parent), "title": "the original"} if parent is not None else None
    asyncio.run(studio.sign(source, target, manifest(claim, "mp4"), about))
    return target


def read(path: Path, studio: Studio) -> tuple[str, dict[str, Any]]:
    trusted = Settings.from_dict({"trust": {"trust_anchors": studio.certificates}, "verify": {"verify_trust": True}})
    with path.open("rb") as file, Reader("video/mp4", file, context=Context(settings=trusted)) as reader:
        return str(reader.get_validation_state()), json.loads(reader.json())


def test_the_librarys_own_reader_trusts_a_signed_copy_and_finds_what_it_claims(studio: Studio, original: Path) -> None:
    state, told = read(signed(studio, original), studio)
    active = told["manifests"][told["active_manifest"]]
    (own,) = [each["data"] for each in active["assertions"] if each["label"] == "org.camledger.copy"]
    assert state == "Trusted"
    assert (own["copy_number"], own["native_sha256"]) == (CLAIM.copy_number, CLAIM.native_sha256)
    assert (own["applicant"], own["footage_from"]) == ("p-lin", "2026-11-01T08:00:00Z")


def test_a_changed_byte_is_noticed(studio: Studio, original: Path) -> None:
    content = bytearray(signed(studio, original).read_bytes())
    content[len(content) - len(content) // 4] ^= 1
    forged = original.with_name("forged.mp4")
    forged.write_bytes(content)
    assert read(forged, studio)[0] == "Invalid"


def test_another_installations_signature_is_valid_and_not_trusted_here(
    studio: Studio, original: Path, tmp_path: Path
) -> None:
    other = Studio(KeyInFile(tmp_path / "other.pem"))
    assert read(signed(other, original), studio)[0] == "Valid"


def test_a_marked_copy_names_its_original_and_shows_its_mark(studio: Studio, original: Path) -> None:
    parent = signed(studio, original)
    drawn, claim = original.with_name("drawn.mp4"), replace(CLAIM, form=MARKED)
    asyncio.run(studio.mark(original, drawn, lines(claim)))
    state, told = read(signed(studio, drawn, claim, parent), studio)
    assert state == "Trusted"
    assert told["manifests"][told["active_manifest"]]["ingredients"][0]["relationship"] == "parentOf"
    assert brightness(drawn) > brightness(original) + 60
    assert pictures(drawn) == pictures(original)


def test_a_picture_smaller_than_its_mark_is_marked_all_the_same(studio: Studio, tmp_path: Path) -> None:
    small = old_camera(tmp_path / "small.avi", seconds=0.5)
    asyncio.run(studio.mark(small, tmp_path / "drawn.mp4", lines(CLAIM)))
    assert pictures(tmp_path / "drawn.mp4") == 5


@pytest.mark.parametrize(
    "content", [b"", b"<script>alert(1)</script>", bytes(range(256)) * 40, b"#EXTM3U\n/etc/passwd\n"]
)
def test_what_is_no_video_is_neither_marked_nor_signed_nor_believed(
    studio: Studio, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "upload.mp4"
    path.write_bytes(content)
    for work in (
        lambda: studio.look(path),
        lambda: studio.mark(path, tmp_path / "out.mp4", ["x"]),
        lambda: studio.sign(path, tmp_path / "out.mp4", manifest(CLAIM, "mp4"), None),
    ):
        with pytest.raises(Unfit):
            asyncio.run(work())


def test_a_video_is_seen_as_what_it_is(studio: Studio, original: Path) -> None:
    seen = asyncio.run(studio.look(original))
    assert "mp4" in seen["container"]
    assert 900 <= seen["milliseconds"] <= 1200


def test_the_key_of_copies_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "copies.pem"
    first = KeyInFile(path).certificates
    assert (KeyInFile(path).certificates, path.stat().st_mode & 0o777) == (first, 0o600)
    assert "PRIVATE" not in first
    path.chmod(0o640)
    with pytest.raises(KeyFileUnsafe, match="chmod 600"):
        KeyInFile(path)


def test_signing_leaves_the_native_bytes_as_they_were(studio: Studio, original: Path) -> None:
    before = sha256(original.read_bytes()).digest()
    signed(studio, original)
    assert sha256(original.read_bytes()).digest() == before


def brightness(path: Path) -> float:
    """How light the lowest lines of the first picture are, where the mark stands."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0)).reformat(format="gray")
    plane = frame.planes[0]
    lowest = bytes(plane)[-4 * plane.line_size :][: frame.width // 4]
    return sum(lowest) / len(lowest)


def pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))
