"""The player in a real browser: the clock follows the picture, odd footage plays, a withdrawn grant stops it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Route

from services.access.console import words
from tests.browser.clerk import Clerk
from tests.browser.conftest import LANGUAGES, ClerkOf
from tests.fakes.clause_city import City, iso
from tests.fakes.footage import old_camera
from tests.integration.clauses.test_daan_through_the_services import SIGNERS, form

APPLICANT = "officer-lin"
SERIOUS = ("serious", "critical")


def granted(city: City, folder: Path) -> str:
    """Grant an interval with a clip that browsers play, a gap, and one of H.265 that they don't."""
    first = city.recorded(city.next("daan-cctv"))
    second = first.start + timedelta(seconds=20)
    odd = old_camera(folder / "c.mkv", seconds=2.0, codec="libx265", muxer="matroska").read_bytes()
    params = {"started_at": iso(second), "source_id": "dock"}
    assert city.call("sysman-wu", "PUT", "ingest", f"/files/{first.camera}", params=params, content=odd).is_success
    asked = form(first.camera, [iso(first.start), iso(second + timedelta(seconds=2))])
    request = str(city.do(APPLICANT, "access", "/requests", asked)["request_id"])
    assert city.sign(request, ("sign", APPLICANT), *SIGNERS)["state"] == "granted"
    return request


POSITION = "() => Number(document.getElementById('p-at').value)"
READY = "() => document.getElementById('p-video').readyState >= 2"


def shows(city: City, clerk: Clerk, since: int, until: int = 1_000) -> None:
    """Wait until the clock over the picture lies in a part of the interval, and the picture is there."""
    clerk.page.locator("#p-video").wait_for()
    city.until(lambda: since <= clerk.page.evaluate(POSITION) < until and clerk.page.evaluate(READY))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_granted_viewing_is_played_and_stops_when_its_request_is_withdrawn(
    city: City, clerk_of: ClerkOf, tmp_path: Path, language: str
) -> None:
    request = granted(city, tmp_path)
    viewer = clerk_of(APPLICANT, language)
    viewer.opens(f"/requests/{request}")
    viewer.presses("agree_viewing")
    viewer.presses("start_viewing")
    shows(city, viewer, 0)
    found = Axe().run(viewer.page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in SERIOUS] == []
    viewer.presses("play_pause")
    shows(city, viewer, 1)
    # The next clip begins twenty seconds on, behind a gap; it is encoded anew before it is shown.
    viewer.presses("clip_after")
    shows(city, viewer, 20)
    viewer.page.locator("#p-video").focus()
    viewer.page.keyboard.press("Home")
    shows(city, viewer, 0, until=5)
    city.do(APPLICANT, "access", f"/requests/{request}/withdraw")
    viewer.presses("clip_after")
    viewer.sees(words.word("player_cut", language))
    assert viewer.page.evaluate("document.getElementById('p-video').src") == ""
    assert viewer.faults == []
    assert viewer.strangers == []


# What the browser's own player of playlists has decoded: pictures, how wide they are, and how far it has come.
STREAMED = """() => {
  const video = document.getElementById('p-video'), pictures = video.getVideoPlaybackQuality().totalVideoFrames;
  return {at: video.currentTime, wide: video.videoWidth, lasts: video.duration, pictures};
}"""
CLIP_S, PICTURES_OF_BOTH = 2, 25
WIDTH, WIDTH_OF_OLD = 640, 64


def streams(city: City, clerk: Clerk, tmp_path: Path) -> str:
    """Open a viewing, and play it as its playlist."""
    request = granted(city, tmp_path)
    clerk.opens(f"/requests/{request}")
    clerk.presses("agree_viewing")
    clerk.presses("start_viewing")
    shows(city, clerk, 0)
    clerk.page.locator("#p-how").select_option("stream")
    city.until(lambda: clerk.page.evaluate(STREAMED)["lasts"] == 2 * CLIP_S)
    assert "/play/index.m3u8?" in clerk.page.evaluate("document.getElementById('p-video').src")
    return request


def comes(city: City, clerk: Clerk, wide: int, after: float) -> dict[str, float]:
    """Wait until pictures of a width are decoded and the picture has come this far, seconds of the stream."""

    def come() -> dict[str, float] | None:
        found: dict[str, float] = clerk.page.evaluate(STREAMED)
        return found if found["wide"] == wide and found["at"] > after and found["pictures"] else None

    return city.until(come)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_playlist_is_decoded_picture_by_picture_across_a_gap_with_the_clock_of_the_footage(
    city: City, clerk_of: ClerkOf, tmp_path: Path, language: str
) -> None:
    viewer = clerk_of(APPLICANT, language)
    streams(city, viewer, tmp_path)
    assert viewer.page.evaluate(STREAMED)["at"] == 0
    viewer.presses("play_pause")
    comes(city, viewer, WIDTH, after=0)
    # Behind the gap another camera's codec, encoded anew: the stream goes on at two seconds, its clock at twenty.
    comes(city, viewer, WIDTH_OF_OLD, after=CLIP_S)
    shows(city, viewer, 20, until=23)
    assert comes(city, viewer, WIDTH_OF_OLD, after=2 * CLIP_S - 0.1)["pictures"] > PICTURES_OF_BOTH
    viewer.presses("clip_before")
    shows(city, viewer, 0, until=3)
    assert viewer.faults == []


def test_a_stream_that_breaks_off_goes_on_where_it_was_and_one_that_is_over_says_why(
    city: City, clerk_of: ClerkOf, tmp_path: Path
) -> None:
    viewer, broken = clerk_of(APPLICANT, "en"), list[str]()

    def breaks_once(asked: Route) -> None:
        if broken:
            return asked.continue_()
        broken.append(asked.request.url)
        return asked.fulfill(status=503)

    viewer.page.route("**/play/1/media.m4s", breaks_once)
    request = streams(city, viewer, tmp_path)
    viewer.presses("play_pause")
    comes(city, viewer, WIDTH_OF_OLD, after=CLIP_S)
    assert broken
    city.do(APPLICANT, "access", f"/requests/{request}/withdraw")
    viewer.page.locator("#p-how").select_option("clips")
    viewer.sees(viewer.word("player_cut"))
