"""What a grant opens, to whom and until when. Pure: the file in, the grant or a refusal out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.access.footage import Clip
from services.access.refusals import Forbidden, NotEntitled
from services.access.requests.file import RequestFile
from services.access.viewing.decider import COPY, VIEW, CameraFacts, Case, granted, judge
from services.kernel.events import RequestGranted, RequestSubmitted
from services.kernel.scope import Scope
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAAN = load_pack(REPOSITORY / "policies" / "daan-cctv")
REQUEST = UUID(int=7)
SCOPE = Scope(cameras=("cam-19",), starts_at=NOW - timedelta(days=2), ends_at=NOW - timedelta(days=1))
SUBMITTED = RequestSubmitted(
    request_id=REQUEST,
    policy_id="daan-cctv",
    kind="internal",
    action=VIEW,
    requester="p-lin",
    requester_class="internal",
    scope=SCOPE,
    facts=(),
    documents=(),
    personal_ref="",
    chain="annex-3",
    rule="r",
    term_ends_at=NOW + timedelta(days=30),
)
GRANT = RequestGranted(
    request_id=REQUEST, grant_version=1, actions=(VIEW,), scope=SCOPE, valid_until=NOW + timedelta(days=1)
)
FILE = RequestFile(request_id=REQUEST, submitted=SUBMITTED, grant=GRANT, grants=1)
CLIP = Clip(
    camera_id="cam-19",
    started_at=SCOPE.starts_at,
    ended_at=SCOPE.starts_at + timedelta(minutes=5),
    generation=1,
    state="kept",
    retention_class="fixed",
    mask_version="",
    container="mp4",
    sha256="",
    size_bytes=1,
)
CASE = Case(
    act=VIEW,
    file=FILE,
    person="p-lin",
    now=NOW,
    interval=(CLIP.started_at, CLIP.ended_at),
    clip=CLIP,
    camera=CameraFacts(camera_id="cam-19"),
)


def test_a_grant_opens_to_its_requester_while_it_lasts() -> None:
    assert granted(FILE, "p-lin", VIEW, NOW) == GRANT
    with pytest.raises(NotEntitled, match="isn't p-wu's"):
        granted(FILE, "p-wu", VIEW, NOW)
    with pytest.raises(Forbidden, match="the grant ended"):
        granted(FILE, "p-lin", VIEW, GRANT.valid_until)


def test_without_a_grant_nothing_opens() -> None:
    with pytest.raises(Forbidden, match="not granted"):
        granted(RequestFile(request_id=REQUEST, submitted=SUBMITTED), "p-lin", VIEW, NOW)


def test_under_a_grant_the_policy_is_still_asked_for_this_act_and_this_camera() -> None:
    elsewhere = replace(CASE, clip=replace(CASE.clip, camera_id="cam-20"))
    assert judge(DAAN, CASE).allowed
    with pytest.raises(Forbidden, match="doesn't name this action"):
        judge(DAAN, replace(CASE, act=COPY, copy_number="1"))
    with pytest.raises(Forbidden, match="outside the cameras"):
        judge(DAAN, elsewhere)
