"""The map, the projects and the live pictures as people see them, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from tests.fakes.live_project import RECORD
from tests.fakes.streaming import PICTURE
from tests.integration.access.console.browsing import Browser
from tests.integration.access.live.watching import HERE, LiveCity

OpenAs = Callable[..., Browser]
WATCHED = re.compile(r"/console/live/([0-9a-f-]{36})")


@pytest.fixture
def open_as(live: LiveCity) -> Iterator[OpenAs]:
    opened: list[Browser] = []

    def browser(account: str, language: str = "en", at: str = HERE) -> Browser:
        opened.append(Browser(live.city.url, account, language))
        opened[-1].client.headers["x-forwarded-for"] = at
        return opened[-1]

    yield browser
    for each in opened:
        each.client.close()


def asked(live: LiveCity, **changes: str) -> dict[str, str | list[str]]:
    stated: dict[str, str | list[str]] = {"camera": "live-1", "project": live.project}
    stated |= {"live.ground": "statutory_duty", "live.legal_basis": "act art. 18"}
    return stated | changes


@pytest.mark.parametrize(("language", "says"), [("en", "Where the cameras stand"), ("zh-Hant", "攝影機點位")])
def test_the_map_shows_points_and_no_picture(open_as: OpenAs, language: str, says: str) -> None:
    page = open_as("officer-lin", language).get("/console/map").text
    assert says in page
    assert len(re.findall(r'<a class="spot live"', page)) == 2
    assert 'href="/console/live?camera=live-1"' in page
    assert "<video" not in page
    assert "http://www.openstreetmap" not in page
    assert 'href="/console/cameras/live-3"' in page  # without a place it is in the list


def test_the_map_is_the_same_over_the_api(live: LiveCity) -> None:
    points = {each["camera_id"]: each for each in live.city.see("officer-lin", "/map")["points"]}
    assert (points["live-1"]["latitude"], points["live-1"]["longitude"]) == (25.0375, 121.5637)
    assert (points["live-3"]["latitude"], points["live-3"]["live"]) == (None, True)


@pytest.mark.parametrize("query", ["?zoom=16&around=live-1", "?zoom=99", "?around=nowhere", "?policy=nowhere"])
def test_the_map_bears_whatever_is_asked_of_it(open_as: OpenAs, query: str) -> None:
    assert open_as("officer-lin").get(f"/console/map{query}").status_code == 200


def test_a_member_opens_a_camera_watches_and_closes_it(live: LiveCity, open_as: OpenAs) -> None:
    browser = open_as("officer-lin")
    form = browser.get("/console/live?camera=live-1").text
    assert "river festival" in form
    assert 'name="live.danger_to"' in form
    page = browser.send("/console/live?camera=live-1", "/console/live", asked(live))
    found = WATCHED.search(str(page.url))
    assert found is not None, page.text[:3000]
    assert f'src="/console/live/{found[1]}/playlist.m3u8"' in page.text
    assert "media-src 'self'" in page.headers["content-security-policy"]
    names = [line for line in browser.get(f"{page.url.path}/playlist.m3u8").text.splitlines() if line[:1] != "#"]
    part = browser.get(f"{page.url.path}/{names[-1]}")
    assert (part.content, part.headers["cache-control"]) == (PICTURE, "no-store")
    assert "The picture is closed." in browser.send(page.url.path, f"{page.url.path}/close").text
    assert live.closed(found[1]) == "closed"
    assert browser.get(page.url.path).status_code == 403


def test_what_is_not_answered_is_marked_and_kept(live: LiveCity, open_as: OpenAs) -> None:
    browser = open_as("officer-lin", "zh-Hant")
    page = browser.send("/console/live?camera=live-1", "/console/live", asked(live, **{"live.ground": ""}))
    assert page.status_code == 422
    assert "尚有未填寫事項" in page.text
    assert "LIVE-06" in page.text
    assert "act art. 18" in page.text


def test_a_picture_is_played_by_nobody_without_its_persons_session(live: LiveCity, open_as: OpenAs) -> None:
    picture = live.open()
    assert open_as("head-chen").get(f"/console/live/{picture}/playlist.m3u8").status_code == 403
    stranger = Browser(live.city.url)
    assert "sign-in" in str(stranger.get(f"/console/live/{picture}/playlist.m3u8").url)
    stranger.client.close()


def test_a_dead_camera_is_told_in_words(live: LiveCity, open_as: OpenAs) -> None:
    live.upstream.dead = True
    page = open_as("officer-lin", "zh-Hant").send("/console/live?camera=live-1", "/console/live", asked(live))
    assert (page.status_code, "攝影機目前無即時影像" in page.text) == (502, True)


def test_five_offices_decide_on_a_project_in_their_pages(live: LiveCity, open_as: OpenAs) -> None:
    project = "river-2026"
    path = f"/console/projects/{project}"
    record = {f"record.{name}": str(value) for name, value in RECORD.items()} | {"record.outsourced": "attested"}
    lead = open_as("lead-hsieh")
    page = lead.send(
        "/console/projects", "/console/projects", {"project_id": project, "policy_id": "taipei-live", **record}
    )
    assert "Decided. It stands on the log." in page.text
    lead.send(path, f"{path}/decisions", {"decision": "lead_decision"})
    police = open_as("cop-hsu").send(path, f"{path}/decisions", {"decision": "police_consent", "cameras": ["live-1"]})
    assert police.status_code == 200
    open_as("group-liao").send(path, f"{path}/decisions", {"decision": "members", "members": ["p-lin", "p-chen"]})
    admin = open_as("dash-yeh", "zh-Hant")
    period = {"from": "2026-11-20T08:00", "to": "2036-11-20T08:00", "networks": "10.9.0.0/24"}
    done = admin.send(path, f"{path}/decisions", {"decision": "set_permissions", **period})
    assert "已核定" in done.text
    assert re.search(r"115\W11\W20", done.text) is not None
    told = live.city.see("dash-yeh", f"/projects/{project}")
    assert (told["open_steps"], told["cameras"], told["networks"]) == ([], ["live-1"], ["10.9.0.0/24"])
    narrowed: dict[str, str | list[str]] = {**period, "decision": "set_permissions", "to": "2036-11-19T08:00"}
    assert admin.send(path, f"{path}/decisions", narrowed).status_code == 200
    assert admin.send(path, f"{path}/decisions", narrowed | {"to": "2036-11-20T08:00"}).status_code == 422
    assert admin.get(f"{path}/form.pdf").content.startswith(b"%PDF")
    back = open_as("cop-hsu").send(path, f"{path}/withdrawals", {"decision": "police_consent", "reason": "over"})
    assert "Taken back" in back.text
    assert live.city.see("dash-yeh", f"/projects/{project}")["open_steps"] == [
        "police_consent",
        "members",
        "set_permissions",
    ]


def test_an_office_out_of_turn_is_told_so(live: LiveCity, open_as: OpenAs) -> None:
    project = "out-of-turn"
    live.city.do("lead-hsieh", f"/projects/{project}/decisions", {"decision": "group", "record": RECORD})
    page = open_as("dash-yeh").get(f"/console/projects/{project}").text
    assert "set_permissions" not in re.findall(r'name="decision" value="(\w+)"', page)
    refused = open_as("dash-yeh").send(
        f"/console/projects/{project}", f"/console/projects/{project}/decisions", {"decision": "members"}
    )
    assert (refused.status_code, "LIVE-03" in refused.text) == (403, True)


def test_a_project_is_known_to_those_who_have_a_part_in_it(live: LiveCity, open_as: OpenAs) -> None:
    assert open_as("agency-novak").get(f"/console/projects/{live.project}").status_code == 404
    assert live.project not in open_as("agency-novak").get("/console/projects").text
    assert live.project in open_as("officer-lin").get("/console/projects").text


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "' or 1=1 --", "\0", "x" * 300])
def test_hostile_answers_are_told_and_never_run(live: LiveCity, open_as: OpenAs, hostile: str) -> None:
    browser = open_as("officer-lin")
    answer = browser.send(
        "/console/live", "/console/live", asked(live, **{"live.legal_basis": hostile, "camera": hostile})
    )
    assert answer.status_code in (404, 422)
    assert "<script>alert" not in answer.text
