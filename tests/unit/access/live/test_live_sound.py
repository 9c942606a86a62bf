"""Sound is found by what a part says of its tracks; whatever isn't known to be a picture might be sound."""

from __future__ import annotations

import io

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.access.live.sound import has_sound, is_silent
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY
from tests.fakes.footage import BODYWORN, clip
from tests.fakes.packaging import segment

BOX = b"\0\0\0\x08"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return clip(tmp_path_factory.mktemp("sound") / "loud.mp4", source=BODYWORN, seconds=1.0).read_bytes()


def head_of(recording: bytes, *, sound: bool) -> bytes:
    """The head of a fragmented MP4, as a packager writes it."""
    written = io.BytesIO()
    options = {"movflags": "+frag_keyframe+empty_moov+default_base_moof"}
    with av.open(io.BytesIO(recording), "r") as source, av.open(written, "w", format="mp4", options=options) as target:
        kept = [each for each in source.streams if each.type == "video" or (sound and each.type == "audio")]
        there = {each.index: target.add_stream_from_template(each) for each in kept}
        for packet in source.demux(kept):
            if packet.dts is not None:
                packet.stream = there[packet.stream_index]
                target.mux(packet)
    return written.getvalue().partition(b"moof")[0][:-4]


def test_a_segment_with_a_picture_alone_is_silent(recording: bytes) -> None:
    assert not has_sound(segment(recording))


def test_a_segment_with_sound_is_heard(recording: bytes) -> None:
    assert has_sound(segment(recording, sound=True))


def test_sound_that_begins_in_the_middle_of_a_segment_is_heard(recording: bytes) -> None:
    assert has_sound(segment(recording) + segment(recording, sound=True))


def test_the_head_of_fragments_says_which_tracks_there_are(recording: bytes) -> None:
    assert not has_sound(head_of(recording, sound=False))
    assert has_sound(head_of(recording, sound=True))


@pytest.mark.parametrize("name", [b"moof", b"styp", b"sidx"])
def test_a_fragment_is_as_silent_as_its_head(name: bytes) -> None:
    assert not has_sound(BOX + name)


@pytest.mark.parametrize(
    "content",
    [b"", b"G", b"G" * 188, b"G" + bytes(187), b"no picture at all", BOX + b"ftyp", BOX + b"moov", bytes(400)],
)
def test_what_says_nothing_of_its_tracks_might_be_sound(content: bytes) -> None:
    assert has_sound(content)


@given(st.binary(max_size=600) | st.binary(max_size=600).map(lambda tail: b"G\x40\x00\x10" + tail))
def test_whatever_comes_is_answered(content: bytes) -> None:
    assert has_sound(content) in (True, False)


def test_where_nobody_listens_is_the_packs_to_say() -> None:
    silent = {name: is_silent(load_pack(REPOSITORY / "policies" / name)) for name in ("spd-cctv", "taipei-live")}
    assert silent == {"spd-cctv": True, "taipei-live": False}
