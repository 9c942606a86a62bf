"""A real camera (RTSP by GStreamer), a real packager (ffmpeg), our gateway, and players that people have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest
from playwright.sync_api import Page, sync_playwright

from services.access.live.sound import has_sound
from tests.fakes.packaging import camera, missing, packaged
from tests.fakes.streaming import Streaming
from tests.integration.access.live.watching import HERE, LISTED, MEMBER, LiveCity

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "all there")

CHROMIUM = Path("/usr/bin/chromium")
PLAYING = "() => { const v = document.querySelector('video'); return v && v.videoWidth === 640 && v.currentTime > 1 }"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A camera's picture, packaged in memory."""
    with camera(tmp_path_factory.mktemp("camera")) as source, packaged(source, "live-1") as folder:
        yield folder


@pytest.fixture
def real(live: LiveCity, upstream: Streaming, shown: Path) -> LiveCity:
    upstream.folder = shown
    return live


def test_a_player_decodes_what_the_camera_shows(real: LiveCity) -> None:
    picture = real.open()
    headers = f"Authorization: Bearer token-{MEMBER}\r\nX-Forwarded-For: {HERE}\r\n"
    url = f"{real.city.url}/api/v1/live/{picture}/playlist.m3u8"
    with av.open(url, options={"headers": headers}, timeout=30) as container:
        frames = [frame for frame, _ in zip(container.decode(video=0), range(12), strict=False)]
    assert {(frame.width, frame.height) for frame in frames} == {(640, 360)}
    assert len({bytes(frame.planes[0])[:50_000] for frame in frames}) > 1


def test_only_the_newest_seconds_of_what_the_packager_keeps_are_shown(real: LiveCity, shown: Path) -> None:
    picture = real.open()
    written = (shown / "live-1" / "index.m3u8").read_text()
    assert len(real.names(picture)) <= max(written.count("#EXTINF"), 30)


@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium here: scripts/apt.sh")
def test_a_browser_plays_it_until_the_project_is_shortened(real: LiveCity) -> None:
    project = real.decided(networks=(*LISTED, "127.0.0.0/8"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(locale="zh-TW")
        _sign_in(page, real)
        page.goto(f"{real.city.url}/console/live?camera=live-1")
        page.select_option("select[name=project]", project)
        page.select_option("select[name='live.ground']", "statutory_duty")
        page.fill("input[name='live.legal_basis']", "地方制度法第18條")
        page.click("form[action='/console/live'] button")
        real.city.until(lambda: page.evaluate(PLAYING), within_s=60)
        live_id = page.url.rpartition("/")[2]
        real.shorten(project, datetime.now(UTC))
        assert real.closed(live_id) == "period_ended"
        # The page looks by itself whether its picture is over, and then says why.
        page.wait_for_selector("text=此即時影像已結束", timeout=60_000)
        browser.close()


def test_a_packaged_picture_without_sound_is_silent(shown: Path) -> None:
    assert not has_sound(sorted((shown / "live-1").glob("*.ts"))[-2].read_bytes())


def _sign_in(page: Page, live: LiveCity) -> None:
    page.goto(f"{live.city.url}/console/sign-in")
    page.click(f"button[value='{MEMBER}']")
    page.wait_for_url("**/console")
