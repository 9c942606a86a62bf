"""The media gateway as people meet it: tokens, ranges, playlists, viewing copies, and every way of asking too much."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import av
import httpx
import pytest

from services.access.media.answering import STREAMS_MAX
from services.access.media.facts import Token, millis
from services.access.media.seal import LIVES_MS, Seal
from tests.fakes.clause_city import City, Footage, Json, iso, now
from tests.fakes.footage import old_camera
from tests.integration.access.console.browsing import Browser
from tests.integration.clauses import test_body_worn_through_the_services as body_worn
from tests.integration.clauses import test_seattle_through_the_services as seattle
from tests.integration.clauses.test_daan_through_the_services import SIGNERS, form

POLICY, APPLICANT, OTHER = "daan-cctv", "officer-lin", "citizen-lai"
HEADER = "x-camledger-media-token"


class Viewing:
    """One granted viewing over some footage, and how its bytes are asked for."""

    def __init__(self, city: City, footage: list[Footage], interval: list[str] | None = None) -> None:
        self.city = city
        spans = interval or [footage[0].interval[0], footage[-1].interval[1]]
        self.request = str(city.do(APPLICANT, "access", "/requests", form(footage[0].camera, spans))["request_id"])
        assert city.sign(self.request, ("sign", APPLICANT), *SIGNERS)["state"] == "granted"
        self.id = city.viewing(APPLICANT, self.request)
        self.told = self.renew()

    def renew(self) -> Json:
        self.told = self.city.do(APPLICANT, "access", f"/viewings/{self.id}/token")
        return self.told

    def get(self, what: str, who: str = APPLICANT, token: str | None = None, **more: str) -> httpx.Response:
        headers = {HEADER: self.told["token"] if token is None else token} | more
        return self.city.call(who, "GET", "access", f"/viewings/{self.id}/play/{what}", headers=headers)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["refusal"]


@pytest.fixture(scope="module")
def watched(city: City) -> Viewing:
    """A viewing of two clips of one camera that nobody withdraws."""
    camera = city.next(POLICY)
    return Viewing(city, [city.recorded(camera), city.recorded(camera)])


@pytest.fixture
def browse(city: City) -> Iterator[Callable[..., Browser]]:
    """Return browsers at the console, closed after the test."""
    opened: list[Browser] = []

    def browser(account: str = "") -> Browser:
        opened.append(Browser(city.installation.urls["access"], account))
        return opened[-1]

    yield browser
    for each in opened:
        each.client.close()


def test_a_token_opens_exactly_the_clips_of_its_viewing(watched: Viewing) -> None:
    assert [each["number"] for each in watched.told["clips"]] == [0, 1]
    assert watched.get("0.mp4").content == watched.city.silent
    assert refusal(watched.get("2.mp4")) == (404, "Unknown")


@pytest.mark.parametrize(
    ("asked", "start", "end"), [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=-7", -7, None)]
)
def test_one_range_is_served_as_asked(watched: Viewing, asked: str, start: int, end: int | None) -> None:
    answer = watched.get("0.mp4", range=asked)
    assert (answer.status_code, answer.content) == (206, watched.city.silent[start:end])
    assert answer.headers["content-range"].endswith(f"/{len(watched.city.silent)}")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,5-9", "bytes=999999999-", "bytes=9-3", "bytes=-0", "bytes=", f"bytes={'9' * 400}-", "bytes=--5"],
)
def test_several_ranges_and_ranges_outside_the_clip_are_refused(watched: Viewing, asked: str) -> None:
    assert refusal(watched.get("0.mp4", range=asked)) == (416, "RangeNotSatisfiable")


def test_a_head_tells_the_length_and_sends_nothing(watched: Viewing) -> None:
    headers = {HEADER: watched.told["token"]}
    path = f"/viewings/{watched.id}/play/0.mp4"
    answer = watched.city.call(APPLICANT, "HEAD", "access", path, headers=headers)
    assert (answer.content, int(answer.headers["content-length"])) == (b"", len(watched.city.silent))


def test_a_forged_or_missing_token_opens_nothing_and_is_recorded(watched: Viewing) -> None:
    sealed = str(watched.told["token"])
    turned = sealed[:-8] + ("A" if sealed[-8] != "A" else "B") + sealed[-7:]
    assert refusal(watched.get("0.mp4", token=turned)) == (403, "TokenNotOurs")
    assert refusal(watched.get("0.mp4", token="")) == (403, "TokenMissing")
    assert refusal(watched.get("0.mp4", token="x" * 9_000)) == (403, "TokenNotOurs")
    told = watched.city.see(APPLICANT, "access", f"/requests/{watched.request}")
    assert told["state"] == "granted"


def test_a_token_is_worth_nothing_to_another_person_or_at_another_viewing(watched: Viewing, city: City) -> None:
    assert refusal(watched.get("0.mp4", who=OTHER)) == (403, "SomeoneElsesGrant")
    camera = city.next(POLICY)
    second = Viewing(city, [city.recorded(camera)])
    assert refusal(second.get("0.mp4", token=watched.told["token"])) == (403, "TokenForAnotherInterval")


def test_a_refusal_is_an_event_once_a_minute_however_often_it_is_tried(watched: Viewing, city: City) -> None:
    for _ in range(20):
        assert refusal(watched.get("1.mp4", who="head-chen")) == (403, "SomeoneElsesGrant")

    def row(each: Json) -> bool:
        return bool(each["request"] == watched.request and each["person"] == "p-0002")

    city.register("access", row)
    rows = city.see("auditor-fong", "analytics", "/registers/access", limit="5000")["rows"]
    assert len([each for each in rows if row(each)]) == 1


def test_the_playlist_tells_the_wall_clock_and_its_parts_are_what_a_player_asks_for(watched: Viewing) -> None:
    text = watched.get("index.m3u8").text
    assert text.count("#EXT-X-DISCONTINUITY") == 1
    assert watched.told["clips"][1]["from"].rstrip("Z") in text
    init, media = watched.get("0/init.mp4").content, watched.get("0/media.m4s").content
    assert (init[4:8], media[4:8]) == (b"ftyp", b"moof")


def test_what_is_played_is_counted_and_an_ended_viewing_serves_nothing(city: City) -> None:
    viewing = Viewing(city, [city.recorded(city.next(POLICY))])
    viewing.get("0.mp4")
    viewing.get("0.mp4", range="bytes=0-9")
    ended = city.do(APPLICANT, "access", f"/viewings/{viewing.id}/end")
    assert (ended["ranges"], ended["bytes_served"]) == (2, len(city.silent) + 10)
    assert refusal(viewing.get("0.mp4")) == (403, "ViewingEnded")
    again = city.call(APPLICANT, "POST", "access", f"/viewings/{viewing.id}/token")
    assert refusal(again) == (403, "ViewingEnded")


def test_a_withdrawn_request_serves_nothing_although_its_token_is_young(city: City) -> None:
    viewing = Viewing(city, [city.recorded(city.next(POLICY))])
    assert viewing.get("0.mp4").is_success
    city.do(APPLICANT, "access", f"/requests/{viewing.request}/withdraw")
    assert refusal(viewing.get("0.mp4"))[0] == 403


def test_a_clip_is_cut_to_the_grant_to_the_picture(city: City) -> None:
    first = city.recorded(city.next(POLICY))
    viewing = Viewing(city, [first], [iso(first.start), iso(first.start + timedelta(seconds=1))])
    assert viewing.get("0.mp4").content[4:8] == b"ftyp"
    assert viewing.get("0/state").json()["to_ms"] <= 1_000


def test_what_a_browser_can_not_play_gets_a_viewing_copy_that_goes_with_its_original(
    city: City, tmp_path: Path
) -> None:
    camera, start = city.next(POLICY), now() - timedelta(minutes=5)
    odd = old_camera(tmp_path / "c.mkv", seconds=2.0, codec="libx265", muxer="matroska").read_bytes()
    params = {"started_at": iso(start), "source_id": "dock"}
    assert city.call("sysman-wu", "PUT", "ingest", f"/files/{camera}", params=params, content=odd).status_code == 201
    viewing = Viewing(city, [Footage(camera, start, {})])
    state = city.until(lambda: (s := viewing.get("0/state").json())["state"] == "made" and s)
    assert state["how"] == "transcoded"
    (tmp_path / "seen.mp4").write_bytes(viewing.get("0.mp4").content)
    with av.open(str(tmp_path / "seen.mp4")) as seen:
        assert seen.streams.video[0].codec_context.name == "h264"
    copies = city.see("sysman-wu", "ingest", f"/segments/{camera}/{iso(start)}/manifest")["generations"][0]["copies"]
    assert "viewing_copy" in [each["what"] for each in copies]


def sealed(watched: Viewing, **changes: str | int) -> str:
    """Seal a token with the installation's own key: what only time, or another place, could make."""
    opened, at = watched.told, millis(now())
    said: dict[str, str | int] = {
        "person": "p-0001",
        "address": "127.0.0.1",
        "viewing": watched.id,
        "grant_version": 1,
        "starts": millis(_instant(opened["from"])),
        "ends": millis(_instant(opened["to"])),
        "expires": at + LIVES_MS,
    }
    key = watched.city.installation.home.root / "access" / "media.key"
    return Seal.from_file(key).close(Token(**said | changes), at)  # type: ignore[arg-type]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_token_lives_a_minute_at_one_address_under_one_grant_for_one_interval(watched: Viewing) -> None:
    assert watched.get("0.mp4", token=sealed(watched)).is_success
    wrong = {
        "TokenExpired": sealed(watched, expires=millis(now()) - 1_000),
        "TokenFromAnotherAddress": sealed(watched, address="10.0.0.7"),
        "TokenOfAnotherGrant": sealed(watched, grant_version=2),
        "TokenForAnotherInterval": sealed(watched, ends=millis(_instant(watched.told["from"])) + 1),
        "TokenOfAnotherViewing": sealed(watched, viewing="11111111-1111-1111-1111-111111111111"),
        "TokenOfSomeoneElse": sealed(watched, person="p-0002"),
    }
    found = {word: refusal(watched.get("0.mp4", token=each)) for word, each in wrong.items()}
    assert found == {word: (403, word) for word in wrong}


@pytest.fixture
def long(city: City) -> Viewing:
    """A viewing of one clip that no socket holds: thirty megabytes of it are a box that players skip."""
    camera, start = city.next(POLICY), now() - timedelta(minutes=4)
    fill = 30 * 1024 * 1024
    content = city.silent + fill.to_bytes(4, "big") + b"free" + bytes(fill - 8)
    params = {"started_at": iso(start), "source_id": "dock"}
    taken = city.call("sysman-wu", "PUT", "ingest", f"/files/{camera}", params=params, content=content)
    assert taken.status_code == 201
    return Viewing(city, [Footage(camera, start, {})])


def streamed(viewing: Viewing) -> AbstractContextManager[httpx.Response]:
    """Ask for the clip without reading it."""
    installation = viewing.city.installation
    headers = {"authorization": f"Bearer {installation.tokens[APPLICANT]}", HEADER: viewing.told["token"]}
    url = f"{installation.urls['access']}/api/v1/viewings/{viewing.id}/play/0.mp4"
    return httpx.stream("GET", url, headers=headers, timeout=30)


def test_a_viewing_has_so_many_answers_under_way_and_is_cut_when_the_request_is_withdrawn(
    city: City, long: Viewing
) -> None:
    with ExitStack() as open_ones, streamed(long) as answer:
        for _ in range(STREAMS_MAX - 1):
            open_ones.enter_context(streamed(long))
        assert refusal(long.get("0.mp4", range="bytes=0-0")) == (429, "TooManyStreams")
        chunks = answer.iter_raw()
        got = len(next(chunks))
        city.do(APPLICANT, "access", f"/requests/{long.request}/withdraw")
        since = now()
        # The gateway looks once a second; nothing is read meanwhile.
        city.until(lambda: now() > since + timedelta(seconds=2))
        with pytest.raises(httpx.RemoteProtocolError):
            got += sum(map(len, chunks))
    assert got < 30 * 1024 * 1024


def test_who_comes_along_starts_and_stops_the_picture(city: City) -> None:
    request, viewing = body_worn_viewing(city)
    alone = city.call(APPLICANT, "POST", "access", f"/viewings/{viewing}/token")
    assert (alone.status_code, "NPA-15" in alone.json()["clauses"]) == (403, True)
    city.do("sysman-wu", "access", f"/viewings/{viewing}/accompany")
    headers = {HEADER: city.do(APPLICANT, "access", f"/viewings/{viewing}/token")["token"]}
    play = f"/viewings/{viewing}/play/0.mp4"
    assert city.call(APPLICANT, "GET", "access", play, headers=headers).is_success
    assert city.call(APPLICANT, "POST", "access", f"/viewings/{viewing}/leave").status_code == 403
    city.do("sysman-wu", "access", f"/viewings/{viewing}/leave")
    assert refusal(city.call(APPLICANT, "GET", "access", play, headers=headers)) == (403, "CompanyMissing")
    assert request


def body_worn_viewing(city: City) -> tuple[str, str]:
    """A granted request over body-worn footage, and a viewing agreed with the custodian."""
    footage = city.recorded(city.next("npa-bwc"))
    request = body_worn.granted(city, body_worn.form(footage))
    return request, city.viewing(APPLICANT, request, "p-0003")


def test_unmasked_footage_gets_no_token_by_the_agencys_own_clause(city: City) -> None:
    footage = city.recorded(city.next("spd-cctv"))
    request = seattle.granted(city, "detective-oya", seattle.form(footage.camera, footage.interval))
    viewing = city.viewing("detective-oya", request)
    city.refused("detective-oya", "access", f"/viewings/{viewing}/token", None, "SPD-11")


def test_the_player_page_plays_for_the_applicant_alone_and_by_its_cookie(
    city: City, browse: Callable[..., Browser]
) -> None:
    viewing = Viewing(city, [city.recorded(city.next(POLICY))])
    own, other = (browse(who) for who in (APPLICANT, "head-chen"))
    page = own.get(f"/console/viewings/{viewing.id}")
    assert "media-src 'self'" in page.headers["content-security-policy"]
    assert 'id="p-video"' in page.text
    play = f"/console/viewings/{viewing.id}/play/0.mp4"
    assert own.get(play).content == city.silent
    assert other.get(f"/console/viewings/{viewing.id}").status_code == 404
    for cookie in own.client.cookies.jar:
        if cookie.name.startswith("camledger_media"):
            other.client.cookies.set(cookie.name, cookie.value or "", path="/console")
    assert refusal(other.get(play)) == (403, "SomeoneElsesGrant")
    assert refusal(browse().get(play)) == (401, "NotAuthenticated")
    ended = own.send(f"/console/viewings/{viewing.id}", f"/console/viewings/{viewing.id}/end")
    assert 'id="p-video"' not in ended.text
    assert refusal(own.get(play)) == (403, "ViewingEnded")


def test_much_viewing_by_one_person_is_shown_to_who_watches_over_access(
    city: City, browse: Callable[..., Browser]
) -> None:
    footage = city.recorded(city.next(POLICY))
    Viewing(city, [footage], [iso(footage.start - timedelta(hours=60)), iso(footage.start + timedelta(seconds=1))])
    for who, sees in (("auditor-fong", True), (APPLICANT, False)):
        home = browse(who).get("/console").text
        assert ("camera hours in a day" in home) is sees, (who, sees)
