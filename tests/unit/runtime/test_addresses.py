"""Where somebody comes from: our proxies are believed one by one from the right, everybody else is not."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from services.runtime.addresses import HOPS_MAX, NetworkUnreadable, Proxies, networks
from services.runtime.settings import Settings

OURS = Proxies(networks("10.0.0.0/8, fd00::/8"))
STANDARD = Proxies(OURS.networks, "forwarded")


def from_(peer: str, forwarded: str, proxies: Proxies = OURS) -> str:
    return proxies.address_of(peer, Headers({"x-forwarded-for": forwarded}))


def standard(*lines: str) -> str:
    told = [(b"x-forwarded-for", b"10.9.0.7"), *((b"forwarded", each.encode()) for each in lines)]
    return STANDARD.address_of("10.0.0.1", Headers(raw=told))


@pytest.mark.parametrize("forged", ["10.9.0.7", "127.0.0.1", "10.9.0.7, 10.9.0.8", ""])
def test_a_stranger_who_writes_the_header_himself_comes_from_where_he_is(forged: str) -> None:
    assert from_("203.0.113.9", forged) == "203.0.113.9"
    assert from_("203.0.113.9", forged, Proxies()) == "203.0.113.9"


def test_the_hop_that_our_own_proxy_heard_is_the_answer() -> None:
    assert from_("10.0.0.1", "198.51.100.4") == "198.51.100.4"
    assert from_("10.0.0.1", "198.51.100.4, 10.0.0.2") == "198.51.100.4"


def test_what_stands_left_of_the_first_stranger_was_written_by_him() -> None:
    assert from_("10.0.0.1", "10.9.0.7, 198.51.100.4") == "198.51.100.4"
    assert from_("10.0.0.1", "192.0.2.1, 198.51.100.4, 10.0.0.2") == "198.51.100.4"


def test_a_line_that_a_stranger_sent_ahead_of_our_proxys_own_is_not_the_one_that_counts() -> None:
    lines = [(b"x-forwarded-for", b"10.9.0.7"), (b"x-forwarded-for", b"198.51.100.4")]
    assert OURS.address_of("10.0.0.1", Headers(raw=lines)) == "198.51.100.4"
    assert standard("for=10.9.0.7", "for=198.51.100.4") == "198.51.100.4"


def test_a_proxy_that_says_nothing_speaks_for_itself() -> None:
    assert from_("10.0.0.1", "") == "10.0.0.1"
    assert from_("10.0.0.1", "10.0.0.2, 10.0.0.3") == "10.0.0.2"


@pytest.mark.parametrize("garbled", ["unknown", "10.9.0.7x", "10.9.0.7, ", "[::1", "1.2.3.4:x", "999.1.1.1"])
def test_a_hop_that_can_not_be_read_is_nowhere_and_counts_as_the_proxys_own(garbled: str) -> None:
    assert from_("10.0.0.1", garbled) == ""
    assert OURS.heard_from("10.0.0.1", Headers({"x-forwarded-for": garbled})) == "10.0.0.1"


def test_a_peer_without_an_address_is_nowhere_and_counts_as_what_it_is_called() -> None:
    assert from_("testclient", "198.51.100.4") == ""
    assert OURS.heard_from("testclient", Headers({"x-forwarded-for": "198.51.100.4"})) == "testclient"


def test_of_a_header_without_end_only_the_right_end_is_read() -> None:
    assert from_("10.0.0.1", ",".join(["x"] * 1_000 + ["198.51.100.4"])) == "198.51.100.4"
    assert from_("10.0.0.1", ",".join(["198.51.100.4"] + ["10.0.0.2"] * HOPS_MAX)) == "10.0.0.2"


def test_addresses_are_read_as_proxies_write_them() -> None:
    assert from_("10.0.0.1", "198.51.100.4:50123") == "198.51.100.4"
    assert from_("10.0.0.1", "[2001:db8::4]:443") == "2001:db8::4"
    assert from_("fd00::1", "2001:db8::4, fd00::2") == "2001:db8::4"
    assert from_("::ffff:10.0.0.1", "::ffff:198.51.100.4") == "198.51.100.4"


def test_the_standard_header_is_read_where_the_proxies_write_that_one() -> None:
    assert standard('for=198.51.100.4;proto=https, For="[2001:db8::4]:1"') == "2001:db8::4"
    assert standard('for="198.51.100.4:50123";by=10.0.0.1, for=10.0.0.2') == "198.51.100.4"
    assert standard("proto=https") == ""
    assert standard("for=_hidden") == ""


def test_a_quote_that_a_stranger_opens_or_smuggles_into_another_field_moves_nobody() -> None:
    assert standard('for="10.9.0.7, for=198.51.100.4') == "198.51.100.4"
    assert standard('for=198.51.100.4;host="a,for=10.9.0.7;b"') == ""
    assert standard('for=198.51.100.4;host="a,for=10.9.0.7;b=\\""') == ""


def test_the_other_header_is_never_read() -> None:
    assert OURS.address_of("10.0.0.1", Headers({"forwarded": "for=10.9.0.7"})) == "10.0.0.1"
    assert standard() == "10.0.0.1"


def test_the_settings_name_networks_and_header() -> None:
    settings = Settings(trusted_proxies="10.0.0.0/8, fd00::/8", proxy_header="forwarded")
    assert settings.proxies == STANDARD
    assert settings.proxies is settings.proxies


def test_a_network_that_is_none_is_named() -> None:
    with pytest.raises(NetworkUnreadable, match="CAMLEDGER_TRUSTED_PROXIES"):
        networks("10.0.0.0/33")
