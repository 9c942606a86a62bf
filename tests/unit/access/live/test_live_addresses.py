"""Who may come near a live picture at all, and where the pictures come from."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.access.live.addresses import may_come_near
from services.access.live.settings import LiveSettings

NAKED = LiveSettings()


def test_only_listed_networks_come_near_where_an_installation_lists_any() -> None:
    listed = LiveSettings(networks=("10.9.0.0/24", "2001:db8::/48"))
    assert [may_come_near(each, listed) for each in ("10.9.0.7", "2001:db8::1", "10.9.1.7", "", "x")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert may_come_near("203.0.113.9", NAKED)
    assert not may_come_near("", NAKED)


@pytest.mark.parametrize("bad", ["10.9.0.7/24", "proxy.local", ""])
def test_a_network_that_is_none_stops_the_start(bad: str) -> None:
    with pytest.raises(ValidationError):
        LiveSettings(networks=(bad,))


@pytest.mark.parametrize(
    "bad",
    ["file:///etc/passwd", "http://user:secret@host/a", "http://{camera}/a", "rtsp://host/a", "http://h/a?x=1", "a"],
)
def test_an_upstream_that_is_no_place_of_playlists_stops_the_start(bad: str) -> None:
    with pytest.raises(ValidationError):
        LiveSettings(upstream=bad)


def test_a_cameras_own_address_wins_and_an_id_stays_inside_its_path() -> None:
    settings = LiveSettings(upstream="http://streams/{camera}/index.m3u8", upstreams={"c1": "https://other/x.m3u8"})
    assert settings.upstream_of("c1") == "https://other/x.m3u8"
    assert settings.upstream_of("c2") == "http://streams/c2/index.m3u8"
    assert settings.upstream_of("../c 2") == "http://streams/..%2Fc%202/index.m3u8"
    assert NAKED.upstream_of("c1") == ""
