"""Playlists: what we know is passed on, sealed; what leads elsewhere, back in time or has no end is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.access.live.links import Link
from services.access.live.playlist import BadPlaylist, inside, rewritten

BASE = "http://streams:8888/c1/index.m3u8"
HEAD = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:2", "#EXT-X-MEDIA-SEQUENCE:41"]


def playlist(*lines: str) -> str:
    return "\n".join([*HEAD, *lines]) + "\n"


def segments(number: int, seconds: str = "2.0") -> list[str]:
    return [line for each in range(number) for line in (f"#EXTINF:{seconds},", f"seg-{each}.ts")]


def shown(content: str, window_s: int = 30) -> list[str]:
    return rewritten(content, BASE, lambda link: f"<{link.kind}:{link.url}>", window_s).splitlines()


def refused(content: str) -> str:
    with pytest.raises(BadPlaylist) as found:
        shown(content)
    return str(found.value)


def test_segments_are_named_by_their_links() -> None:
    assert shown(playlist("#EXTINF:2.000000,", "seg-41.ts")) == [
        *HEAD,
        "#EXTINF:2.000000,",
        "<ts:http://streams:8888/c1/seg-41.ts>",
    ]


def test_what_we_do_not_know_is_not_passed_on() -> None:
    told = "\n".join(shown(playlist("#EXT-X-SECRET:http://streams/x", "# by nobody", "#EXTINF:2,title", "a.ts")))
    assert "SECRET" not in told
    assert "nobody" not in told
    assert "title" not in told


def test_only_the_newest_seconds_are_live() -> None:
    told = shown(playlist(*segments(100)), window_s=10)
    assert told[3] == "#EXT-X-MEDIA-SEQUENCE:136"
    assert [line for line in told if line.startswith("<")] == [
        f"<ts:http://streams:8888/c1/seg-{each}.ts>" for each in range(95, 100)
    ]


def test_one_segment_longer_than_the_window_is_still_shown() -> None:
    assert shown(playlist("#EXTINF:90,", "a.ts"), window_s=10)[-1] == "<ts:http://streams:8888/c1/a.ts>"


def test_breaks_that_are_left_out_are_counted() -> None:
    told = shown(playlist("#EXT-X-DISCONTINUITY", *segments(10), "#EXT-X-DISCONTINUITY", *segments(2)), window_s=6)
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:1" in told
    assert told.count("#EXT-X-DISCONTINUITY") == 1


def test_a_head_of_fragments_is_sealed_and_said_once() -> None:
    told = shown(playlist('#EXT-X-MAP:URI="init.mp4"', "#EXTINF:2,", "a.m4s", "#EXTINF:2,", "b.m4s"))
    assert told[4:] == [
        '#EXT-X-MAP:URI="<mp4:http://streams:8888/c1/init.mp4>"',
        "#EXTINF:2,",
        "<m4s:http://streams:8888/c1/a.m4s>",
        "#EXTINF:2,",
        "<m4s:http://streams:8888/c1/b.m4s>",
    ]


def test_qualities_lead_to_playlists_of_ours_and_sound_of_its_own_is_left_out() -> None:
    told = shown(
        "#EXTM3U\n"
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="http://elsewhere/sound.m3u8"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS="avc1.4d401e",AUDIO="a"\n'
        "low/index.m3u8\n"
    )
    assert told[2:] == [
        '#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS="avc1.4d401e"',
        "<m3u8:http://streams:8888/c1/low/index.m3u8>",
    ]


@pytest.mark.parametrize(
    "written",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://streams/c1/a.ts",
        "https://streams:8888/c1/a.ts",
        "//elsewhere/c1/a.ts",
        "http://streams:8888@elsewhere/c1/a.ts",
        "file:///etc/passwd",
        "gopher://streams:8888/c1/a.ts",
        "/c2/a.ts",
        "../c2/a.ts",
        "x/../../c2/a.ts",
        "%2e%2e/c2/a.ts",
        "%252e%252e/c2/a.ts",
        "..%2fc2/a.ts",
        "a\\..\\b.ts",
        "a b.ts",
        "a\x00.ts",
        "x" * 3_000 + ".ts",
    ],
)
def test_a_part_lies_in_the_cameras_own_folder_or_the_playlist_is_refused(written: str) -> None:
    with pytest.raises(BadPlaylist):
        inside(BASE, written)


@pytest.mark.parametrize("written", ["a.ts", "720p/a.ts", "/c1/a.ts", "http://streams:8888/c1/a.ts?part=7"])
def test_a_part_in_the_folder_is_found(written: str) -> None:
    assert inside(BASE, written).startswith("http://streams:8888/c1/")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["#EXTINF:2,", "a.ts", "#EXT-X-ENDLIST"], "recording"),
        (["#EXT-X-PLAYLIST-TYPE:EVENT", "#EXTINF:2,", "a.ts"], "recording"),
        (["#EXTINF:2,", "#EXT-X-BYTERANGE:75232@0", "all.ts"], "one file"),
        (['#EXT-X-MAP:URI="all.mp4",BYTERANGE="720@0"', "#EXTINF:2,", "a.m4s"], "one file"),
        (['#EXT-X-KEY:METHOD=AES-128,URI="key"', "#EXTINF:2,", "a.ts"], "encrypted"),
        (["#EXTINF:NaN,", "a.ts"], "duration"),
        (["#EXT-X-TARGETDURATION:-1", "#EXTINF:2,", "a.ts"], "number"),
        (["#EXTINF:2,", "http://elsewhere/a.ts"], "another host"),
        ([], "no segment"),
        (segments(2_001), "more than"),
        (["# x"] * 5_000, "no end"),
    ],
)
def test_what_is_no_live_picture_is_refused_with_the_reason(lines: list[str], why: str) -> None:
    assert why in refused(playlist(*lines))


@pytest.mark.parametrize("content", ["", "<html>", "#EXTM3UX", "\n#EXTM3U", "\x00"])
def test_what_is_no_playlist_is_refused(content: str) -> None:
    assert "isn't a playlist" in refused(content)


LINES = st.lists(
    st.sampled_from(
        ["#EXTINF:2,", "a.ts", "../a.ts", "http://x/a.ts", '#EXT-X-MAP:URI="i.mp4"', "#EXT-X-KEY:METHOD=NONE"]
    )
    | st.text(max_size=40),
    max_size=30,
)


@given(LINES)
def test_whatever_is_sent_no_address_of_the_upstream_is_shown_and_no_other_host_asked(lines: list[str]) -> None:
    sealed: list[Link] = []

    def name(link: Link) -> str:
        sealed.append(link)
        return "sealed"

    try:
        told = rewritten("\n".join(["#EXTM3U", *lines]), BASE, name, 30)
    except BadPlaylist:
        return
    assert all(line.startswith("#") or line == "sealed" for line in told.splitlines())
    assert all(link.url.startswith("http://streams:8888/c1/") for link in sealed)
    assert "streams" not in told
