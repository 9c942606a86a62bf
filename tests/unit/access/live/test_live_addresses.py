"""Where somebody comes from: our proxies are believed one by one from the right, everybody else is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from services.access.live.addresses import address_of, may_come_near
from services.access.live.settings import LiveSettings
from services.runtime.addresses import Network, networks

OURS = networks("10.0.0.0/8, fd00::/8")
NAKED = LiveSettings()


def from_(peer: str, forwarded: str, proxies: Sequence[Network] = OURS) -> str:
    return address_of(peer, {"x-forwarded-for": forwarded}, proxies, "x-forwarded-for")


def standard(forwarded: str) -> str:
    told = {"forwarded": forwarded, "x-forwarded-for": "10.9.0.7"}
    return address_of("10.0.0.1", told, OURS, "forwarded")


@pytest.mark.parametrize("forged", ["10.9.0.7", "127.0.0.1", "10.9.0.7, 10.9.0.8", ""])
def test_a_stranger_who_writes_the_header_himself_comes_from_where_he_is(forged: str) -> None:
    assert from_("203.0.113.9", forged) == "203.0.113.9"
    assert from_("203.0.113.9", forged, ()) == "203.0.113.9"


def test_the_hop_that_our_own_proxy_heard_is_the_answer() -> None:
    assert from_("10.0.0.1", "198.51.100.4") == "198.51.100.4"
    assert from_("10.0.0.1", "198.51.100.4, 10.0.0.2") == "198.51.100.4"


def test_what_stands_left_of_the_first_stranger_was_written_by_him() -> None:
    assert from_("10.0.0.1", "10.9.0.7, 198.51.100.4") == "198.51.100.4"
    assert from_("10.0.0.1", "192.0.2.1, 198.51.100.4, 10.0.0.2") == "198.51.100.4"


def test_a_proxy_that_says_nothing_speaks_for_itself() -> None:
    assert from_("10.0.0.1", "") == "10.0.0.1"
    assert from_("10.0.0.1", "10.0.0.2, 10.0.0.3") == "10.0.0.2"


@pytest.mark.parametrize("garbled", ["unknown", "10.9.0.7x", "10.9.0.7, ", "[::1", "1.2.3.4:x", "999.1.1.1"])
def test_a_hop_that_can_not_be_read_is_nowhere(garbled: str) -> None:
    assert from_("10.0.0.1", garbled) == ""


def test_a_header_without_end_is_nowhere() -> None:
    assert from_("10.0.0.1", ",".join(["198.51.100.4"] * 1_000)) == ""


def test_addresses_are_read_as_proxies_write_them() -> None:
    assert from_("10.0.0.1", "198.51.100.4:50123") == "198.51.100.4"
    assert from_("10.0.0.1", "[2001:db8::4]:443") == "2001:db8::4"
    assert from_("::ffff:10.0.0.1", "::ffff:198.51.100.4") == "198.51.100.4"


def test_the_standard_header_is_read_where_the_proxies_write_that_one() -> None:
    assert standard('for=198.51.100.4;proto=https, For="[2001:db8::4]:1"') == "2001:db8::4"
    assert standard("for=198.51.100.4;by=10.0.0.1") == "198.51.100.4"
    assert standard("proto=https") == ""


def test_the_other_header_is_never_read() -> None:
    assert address_of("10.0.0.1", {"forwarded": "for=10.9.0.7"}, OURS, "x-forwarded-for") == "10.0.0.1"


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
