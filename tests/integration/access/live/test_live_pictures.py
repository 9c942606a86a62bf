"""The live gateway as people use it: what it passes on, to whom, and how every picture ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.live import office
from services.access.tables import live_session
from services.kernel.events import LiveOpened
from services.runtime.identity import People
from tests.fakes.streaming import PICTURE, Streaming, endless, playlist, streaming
from tests.integration.access.clockwork import desk_at, with_engine
from tests.integration.access.live.watching import CAMERAS, ELSEWHERE, HERE, MEMBER, OTHER, LiveCity

SOON = 8.0  # a cut within five seconds, and time for a test on a busy machine to notice it


def test_a_member_plays_what_the_camera_shows(live: LiveCity) -> None:
    picture = live.open()
    told = live.play(picture)
    assert (told.status_code, told.headers["cache-control"]) == (200, "no-store")
    assert told.headers["content-type"] == "application/vnd.apple.mpegurl"
    part = live.part(picture, live.names(picture)[-1])
    assert (part.content, part.headers["cache-control"], part.headers["content-type"]) == (
        PICTURE,
        "no-store",
        "video/mp2t",
    )


def test_an_opening_stands_on_the_log_before_the_first_byte(live: LiveCity, upstream: Streaming) -> None:
    upstream.asked.clear()
    picture = live.open()
    assert upstream.asked_for(".ts") == []
    (event,) = live.opened(picture)
    assert (event.person, event.camera_id, event.address, event.project_id) == ("p-lin", "live-1", HERE, live.project)
    assert event.ground == "statutory_duty"


def test_where_a_picture_comes_from_is_never_shown(live: LiveCity, upstream: Streaming) -> None:
    picture = live.open()
    told = live.play(picture)
    port = upstream.url.rpartition(":")[2]
    assert "seg-" not in told.text
    assert port not in told.text + str(told.headers)
    assert "server" not in live.part(picture, live.names(picture)[0]).headers.get("via", "")


def test_nobody_else_plays_it_and_it_moves_to_no_other_address(live: LiveCity) -> None:
    picture = live.open()
    name = live.names(picture)[-1]
    assert live.play(picture, OTHER).json()["refusal"] == "NotEntitled"
    assert live.part(picture, name, OTHER).status_code == 403
    moved = live.part(picture, name, at=ELSEWHERE)
    assert (moved.status_code, moved.json()["why"]) == (403, "address_changed")
    assert live.closed(picture) == "address_changed"
    assert live.play(picture).json()["refusal"] == "LiveClosed"


def test_a_link_of_one_picture_opens_nothing_of_another(live: LiveCity) -> None:
    mine, others = live.open(), live.open(OTHER, "live-2")
    name = live.names(others, OTHER)[-1]
    assert live.part(mine, name).json()["refusal"] == "LinkNotOurs"
    assert live.part(mine, "x" * 30 + ".ts").status_code == 403
    assert live.part(mine, "../../../etc/passwd").status_code == 404
    assert live.part(mine, "..%2f..%2fseg-8.ts").status_code in (404, 422)


def test_a_member_sees_one_camera_at_a_time(live: LiveCity) -> None:
    first = live.open()
    refused = live.ask(camera="live-2")
    assert (refused.status_code, "LIVE-02" in refused.json()["clauses"]) == (403, True)
    second = live.open(camera="live-2")
    assert live.closed(first) == "replaced"
    listed = live.city.see(MEMBER, "/live")["live"]
    assert [each["live_id"] for each in listed if each["person"] == "p-lin"] == [second]


def test_a_member_closes_his_own_and_nobody_elses(live: LiveCity) -> None:
    picture = live.open()
    assert live.city.call(OTHER, "POST", f"/live/{picture}/close", {}).json()["refusal"] == "NotEntitled"
    live.city.do(MEMBER, f"/live/{picture}/close")
    assert live.closed(picture) == "closed"
    assert live.city.call(MEMBER, "POST", f"/live/{picture}/close", {}).json()["why"] == "closed"


@pytest.mark.parametrize("at", ["192.0.2.9", "10.9.0.7, 192.0.2.9", "unknown", ""])
def test_an_address_that_is_not_listed_opens_nothing(live: LiveCity, at: str) -> None:
    refused = live.ask(at=at)
    assert refused.status_code == 403
    assert refused.json()["refusal"] in {"NotListed", "AddressNotListed"}


@pytest.mark.parametrize(
    ("asked", "status", "refusal"),
    [
        ({"camera": "nowhere"}, 404, "Unknown"),
        ({"camera": "live-3"}, 403, "CameraOfAnotherProject"),
        ({"project": "no-such"}, 404, "Unknown"),
        ({"project": ""}, 422, "Missing"),
        ({"project": "../x"}, 422, "Invalid"),
        ({"ground": ""}, 422, "Missing"),
        ({"legal_basis": " "}, 422, "Missing"),
        ({"ground": "'; drop table fact; --"}, 422, "Missing"),
        ({"camera": "live-1\0"}, 422, "Invalid"),
        ({"camera": "x" * 201}, 422, "Invalid"),
        ({"unknown": "field"}, 422, "Invalid"),
        ({"who": "group-liao"}, 403, "NotListed"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_its_reason(
    live: LiveCity, asked: dict[str, str], status: int, refusal: str
) -> None:
    answer = live.ask(**asked)
    assert (answer.status_code, answer.json()["refusal"]) == (status, refusal)


def test_a_refusal_stands_on_the_log_with_its_clause(live: LiveCity) -> None:
    live.ask(ground="")
    assert any("LIVE-06" in each.clauses and each.act == "live_open" for each in live.refusals("Missing"))


def test_a_camera_whose_server_is_dead_opens_nothing_and_says_so(live: LiveCity, upstream: Streaming) -> None:
    upstream.dead = True
    before = len(live.city.custody.events("access.events", LiveOpened))
    answer = live.ask(replace=True)
    assert (answer.status_code, answer.json()["refusal"]) == (502, "UpstreamFailed")
    assert upstream.url not in answer.text
    assert len(live.city.custody.events("access.events", LiveOpened)) == before
    assert live.refusals("UpstreamFailed")


def test_a_server_that_dies_later_is_told_and_the_picture_goes_on_when_it_is_back(
    live: LiveCity, upstream: Streaming
) -> None:
    picture = live.open()
    upstream.dead = True
    assert live.play(picture).status_code == 502
    upstream.dead = False
    assert live.play(picture).status_code == 200


@pytest.mark.parametrize(
    "lines",
    [
        ("#EXTINF:2,", "http://169.254.169.254/latest/meta-data"),
        ("#EXTINF:2,", "../live-2/seg-8.ts"),
        ("#EXTINF:2,", "seg-8.ts", "#EXT-X-ENDLIST"),
        ('#EXT-X-MAP:URI="file:///etc/passwd"', "#EXTINF:2,", "a.m4s"),
    ],
)
def test_a_playlist_that_leads_elsewhere_is_refused_whole(
    live: LiveCity, upstream: Streaming, lines: tuple[str, ...]
) -> None:
    picture = live.open()
    upstream.says["/live-1/index.m3u8"] = playlist(*lines)
    assert live.play(picture).json()["refusal"] == "UpstreamFailed"


def test_a_server_that_leads_elsewhere_is_not_followed(live: LiveCity, upstream: Streaming) -> None:
    picture = live.open()
    name = live.names(picture)[-1]
    with streaming() as stranger:
        upstream.leads_to = f"{stranger.url}/live-1/index.m3u8"
        assert live.play(picture).status_code == 502
        assert live.part(picture, name).status_code == 502
        assert stranger.asked == []


def test_what_has_no_end_is_cut_off(live: LiveCity, upstream: Streaming) -> None:
    picture = live.open()
    name = live.names(picture)[-1]
    upstream.says["/live-1/seg-8.ts"] = endless
    assert len(live.part(picture, name).content) == 1_000_000
    upstream.says["/live-1/index.m3u8"] = endless
    assert live.play(picture).json()["refusal"] == "UpstreamFailed"


def test_a_project_that_is_shortened_cuts_a_segment_in_the_middle(live: LiveCity) -> None:
    project = live.decided()
    with live.dripping("live-1"):
        picture = live.open(project=project)
        watcher = live.watched(picture)
        live.city.until(lambda: watcher.bytes_seen)
        live.shorten(project, datetime.now(UTC))
        assert watcher.ended(SOON)
    assert live.closed(picture) == "period_ended"


def test_a_project_that_ends_by_the_clock_cuts_a_segment_in_the_middle(live: LiveCity) -> None:
    project = live.decided(lasts=timedelta(seconds=6))
    with live.dripping("live-1"):
        picture = live.open(project=project)
        watcher = live.watched(picture)
        live.city.until(lambda: watcher.bytes_seen)
        assert watcher.ended(6 + SOON)
    (event,) = live.opened(picture)
    assert event.ends_at is not None
    assert live.closed(picture) == "period_ended"
    assert live.ask(project=project).json()["refusal"] == "OutsidePeriod"


def test_a_consent_that_is_withdrawn_cuts_every_picture_of_the_project(live: LiveCity) -> None:
    project = live.decided()
    first, second = live.open(project=project), live.open(OTHER, "live-2", project=project)
    live.city.do("cop-hsu", f"/projects/{project}/withdrawals", {"decision": "police_consent", "reason": "no need"})
    assert {live.closed(first), live.closed(second)} == {"withdrawn"}
    assert live.ask(project=project).json()["refusal"] == "StepsOpen"


def swept(live: LiveCity, now: datetime) -> None:
    people = People.load(live.city.settings.people)
    desk = desk_at(live.city, now)
    sweep = partial(office.sweep, desk=desk, people=people, lost_after=timedelta(seconds=30))
    with_engine(live.city, sweep)


def test_at_the_instant_at_which_the_project_ends_the_picture_ends(live: LiveCity) -> None:
    project = live.decided(lasts=timedelta(hours=2))
    picture = live.open(project=project)
    ends = live.opened(picture)[0].ends_at
    assert ends is not None
    # Nobody else's picture is old enough to be lost by then: each is asked for again.
    swept(live, ends)
    assert live.closed(picture) == "period_ended"


def test_a_picture_that_nobody_asks_for_is_lost(live: LiveCity) -> None:
    picture = live.open()
    swept(live, datetime.now(UTC) + timedelta(seconds=40))
    assert live.closed(picture) == "lost"


def test_a_picture_that_a_restored_database_forgot_is_closed(live: LiveCity) -> None:
    picture = live.open()

    async def forget(engine: AsyncEngine) -> None:
        async with engine.begin() as tx:
            await tx.execute(delete(live_session).where(live_session.c.live_id == UUID(picture)))

    with_engine(live.city, forget)
    assert live.closed(picture) == "lost"


def test_without_a_token_there_is_no_live_picture(live: LiveCity) -> None:
    picture = live.open()
    for path in (f"/live/{picture}/playlist.m3u8", f"/live/{picture}/{live.names(picture)[0]}", "/live"):
        assert httpx.get(f"{live.city.url}/api/v1{path}").status_code == 401


def test_live_pictures_are_in_no_list_of_footage(live: LiveCity) -> None:
    live.open()
    asked = live.city.call("sysman-wu", "GET", "/live")
    assert asked.json()["live"] == []


@pytest.fixture(scope="module", autouse=True)
def _last(live: LiveCity) -> Iterator[None]:
    yield
    assert live.city._processes["all"].poll() is None


assert CAMERAS[0] == "live-1"
