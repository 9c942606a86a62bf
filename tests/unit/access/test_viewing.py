"""What a grant opens, to whom and until when. Pure: the file in, the grant or a refusal out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.access.refusals import Forbidden, NotEntitled
from services.access.requests.file import RequestFile
from services.access.viewing.decider import VIEW, granted
from services.kernel.events import RequestGranted, RequestSubmitted
from services.kernel.scope import Scope

NOW = datetime(2026, 11, 22, tzinfo=UTC)
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


def test_a_grant_opens_to_its_requester_while_it_lasts() -> None:
    assert granted(FILE, "p-lin", VIEW, NOW) == GRANT
    with pytest.raises(NotEntitled, match="isn't p-wu's"):
        granted(FILE, "p-wu", VIEW, NOW)
    with pytest.raises(Forbidden, match="the grant ended"):
        granted(FILE, "p-lin", VIEW, GRANT.valid_until)


def test_without_a_grant_nothing_opens() -> None:
    with pytest.raises(Forbidden, match="not granted"):
        granted(RequestFile(request_id=REQUEST, submitted=SUBMITTED), "p-lin", VIEW, NOW)
