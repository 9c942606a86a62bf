"""The media gateway's own rules: policies that each matter, a model that agrees, tokens, ranges, playlists, bounds."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import cedarpy
import pytest

from services.access.key_files import KeyFileUnsafe
from services.access.media.bulk import added_up
from services.access.media.decision import UNEVALUATED, Policies, schema, shipped
from services.access.media.facts import Asked, Token
from services.access.media.playlist import Entry, playlist
from services.access.media.ranges import NotSatisfiable, part_of
from services.access.media.seal import KEY_LIVES_MS, LIVES_MS, NotOurs, Seal
from services.access.media.settings import MediaSettings
from services.access.media.telling import A_MINUTE_MAX, Bounded
from services.kernel.batches import SegmentKey, lines
from services.kernel.events import FootageViewed
from tests.viewing.differential import differences
from tests.viewing.model import allows
from tests.viewing.requests import NOW, allowed

A_DAY = datetime(2026, 11, 1, tzinfo=UTC)
TEXT = shipped().text
ONE = r'@id\("{}"\).*?;\n'
IDS = re.findall(r'@id\("(\w+)"\)', TEXT)
# What each policy alone stands against: without it this request would be served.
AGAINST: dict[str, Asked] = {
    "granted_viewing": allowed(),
    "someone_elses_grant": replace(allowed(), grant=replace(allowed().grant, person="p-wu")),
    "grant_over": replace(allowed(), grant=replace(allowed().grant, until=NOW)),
    "token_of_someone_else": replace(allowed(), token=replace(allowed().token, person="p-wu")),
    "token_from_another_address": replace(allowed(), address="10.0.0.7"),
    "token_of_another_viewing": replace(allowed(), token=replace(allowed().token, viewing="v-2")),
    "token_of_another_grant": replace(allowed(), token=replace(allowed().token, grant_version=2)),
    "token_for_another_interval": replace(allowed(), token=replace(allowed().token, ends=allowed().ends - 1)),
    "token_expired": replace(allowed(), token=replace(allowed().token, expires=NOW)),
    "not_on_the_log": replace(allowed(), viewing=replace(allowed().viewing, logged=False)),
    "another_purpose": replace(allowed(), purpose="curiosity"),
    "viewing_ended": replace(allowed(), viewing=replace(allowed().viewing, ended=True)),
    "company_missing": replace(allowed(), company_needed=True),
    "mask_missing": replace(allowed(), mask_needed=frozenset({"window-1"})),
    "programme_over": replace(allowed(), programme_over=True),
    "footage_not_kept": replace(allowed(), kept=False),
}


def without(policy: str) -> Policies:
    text, taken = re.subn(ONE.format(policy), "", TEXT, flags=re.DOTALL)
    assert taken == 1
    return Policies(text)


def test_the_policies_keep_to_their_schema() -> None:
    assert cedarpy.validate_policies(TEXT, schema()).validation_passed
    assert set(AGAINST) == set(IDS)


@pytest.mark.parametrize("policy", IDS)
def test_each_policy_alone_decides_a_request(policy: str) -> None:
    asked = AGAINST[policy]
    with_it, without_it = shipped().decide(asked), without(policy).decide(asked)
    assert with_it.reasons == (policy,)
    assert with_it.allowed != without_it.allowed
    assert with_it.allowed == allows(asked)


def test_what_can_not_be_evaluated_is_denied() -> None:
    broken = Policies(TEXT + '@id("oops") forbid (principal, action, resource) when { context.nobody.knows };')
    verdict = broken.decide(allowed())
    assert (verdict.allowed, verdict.reasons) == (False, (UNEVALUATED,))


def test_nothing_but_the_one_permit_allows() -> None:
    assert Policies("").decide(allowed()).allowed is False
    assert TEXT.count("permit (") == 1


def test_cedar_and_the_plain_model_agree_on_twenty_thousand_requests() -> None:
    found = Counter[str]()
    assert list(differences(20_261_122, 20_000, found)) == []
    assert found["granted_viewing"] > 2_000
    assert set(IDS) <= set(found)


def token(**changes: object) -> Token:
    return replace(allowed().token, **changes)  # type: ignore[arg-type]


def test_a_token_says_what_was_sealed_and_no_one_else_can_read_or_make_one() -> None:
    seal, sealed = Seal(b"k" * 32), Seal(b"k" * 32).close(token(), NOW)
    assert seal.open(sealed, NOW + LIVES_MS) == token()
    assert "lin" not in sealed
    with pytest.raises(NotOurs):
        Seal(b"x" * 32).open(sealed, NOW)


def test_every_changed_or_cut_token_is_refused() -> None:
    seal = Seal(b"k" * 32)
    sealed = seal.close(token(), NOW)
    for at in range(0, len(sealed) - 1, 7):
        other = "A" if sealed[at] != "A" else "B"
        with pytest.raises(NotOurs):
            seal.open(sealed[:at] + other + sealed[at + 1 :], NOW)
    for strange in ("", "ü", "=" * 50, sealed[:20], sealed * 20, "\0"):
        with pytest.raises(NotOurs):
            seal.open(strange, NOW)


def test_keys_rotate_every_hour_and_the_one_before_still_opens() -> None:
    seal, sealed = Seal(b"k" * 32), Seal(b"k" * 32).close(token(), NOW)
    assert seal.open(sealed, NOW + KEY_LIVES_MS) == token()
    with pytest.raises(NotOurs):
        seal.open(sealed, NOW + 2 * KEY_LIVES_MS)


def test_every_process_reads_the_same_key_and_nobody_else_does(tmp_path: Path) -> None:
    path = tmp_path / "access" / "media.key"
    sealed = Seal.from_file(path).close(token(), NOW)
    assert Seal.from_file(path).open(sealed, NOW) == token()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["media.key"]


def test_a_key_that_others_can_read_or_that_is_cut_short_seals_nothing(tmp_path: Path) -> None:
    path = tmp_path / "media.key"
    Seal.from_file(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileUnsafe, match="chmod 600"):
        Seal.from_file(path)
    path.chmod(0o600)
    path.write_bytes(b"k" * 16)
    with pytest.raises(KeyFileUnsafe, match="16 bytes"):
        Seal.from_file(path)


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [("", 0, 100), ("bytes=0-", 0, 100), ("bytes=5-7", 5, 8), ("bytes=-9", 91, 100), ("bytes=90-999", 90, 100),
     ("bytes=-999", 0, 100), ("lines=1-2", 0, 100)],
)  # fmt: skip
def test_one_range_is_cut_to_the_file(header: str, start: int, end: int) -> None:
    part = part_of(header, 100)
    assert (part.start, part.end) == (start, end)


@pytest.mark.parametrize(
    "header",
    ["bytes=100-", "bytes=7-5", "bytes=-0", "bytes=-", "bytes=0-1,3-4", "bytes=1" + "0" * 30 + "-", "bytes=a-"],
)
def test_anything_else_is_not_satisfiable(header: str) -> None:
    with pytest.raises(NotSatisfiable):
        part_of(header, 100)


def test_a_playlist_names_each_clip_with_its_clock_and_every_break() -> None:
    minute = timedelta(minutes=1)
    clips = [Entry(number=n, starts=A_DAY + s * minute, ends=A_DAY + (s + 1) * minute) for n, s in ((0, 0), (3, 5))]
    text = playlist(clips)
    assert text.startswith("#EXTM3U\n")
    assert text.endswith("#EXT-X-ENDLIST\n")
    assert text.count("#EXT-X-DISCONTINUITY") == 1
    assert '#EXT-X-MAP:URI="3/init.mp4"\n#EXT-X-PROGRAM-DATE-TIME:2026-11-01T00:05:00.000Z\n#EXTINF:60.000,' in text


def test_refusals_of_one_kind_are_told_once_a_minute_with_their_number() -> None:
    now = [0.0]
    bounded = Bounded(clock=lambda: now[0])
    told = [bounded.worth_telling("p", "v", "TokenExpired") for _ in range(50)]
    assert told == [0] + [None] * 49
    assert bounded.worth_telling("p", "v", "GrantOver") == 0
    now[0] = 61.0
    assert bounded.worth_telling("p", "v", "TokenExpired") == 49


def test_however_many_people_try_only_so_many_refusals_reach_the_log() -> None:
    bounded = Bounded(clock=lambda: 0.0)
    told = [bounded.worth_telling(f"p-{number}", "v", "TokenNotOurs") for number in range(5_000)]
    assert sum(each is not None for each in told) == A_MINUTE_MAX


def viewed(person: str, hours: int, cameras: int = 1) -> FootageViewed:
    starts = [A_DAY + hour * timedelta(hours=1) for hour in range(hours)]
    keys = [SegmentKey(camera_id=f"c-{number}", started_at=at) for number in range(cameras) for at in starts]
    return FootageViewed(
        request_id=uuid4(),
        viewing_id=uuid4(),
        grant_version=1,
        person=person,
        accompanied_by="",
        address="127.0.0.1",
        purpose="x",
        footage=lines(keys),
        footage_from=A_DAY,
        footage_to=A_DAY + hours * timedelta(hours=1),
    )


def test_what_one_person_opens_adds_up_over_cameras_and_viewings_and_not_over_people() -> None:
    opened = added_up("p", [viewed("p", 5, cameras=4), viewed("p", 2), viewed("q", 100)])
    assert (opened.viewings, opened.clips, opened.footage) == (2, 22, timedelta(hours=22))
    assert not opened.passes(MediaSettings(bulk_hours=22, bulk_clips=22))
    assert opened.passes(MediaSettings(bulk_hours=21, bulk_clips=22))
    assert opened.passes(MediaSettings(bulk_hours=22, bulk_clips=21))
