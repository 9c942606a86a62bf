"""Cookies over TLS, sign-ins on their way, sessions of one person, and under which address the console is open."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from starlette.requests import Request
from starlette.responses import Response

from services.access.console.cookies import drop, given, keep
from services.access.console.door import closed_because
from services.access.console.pending import LASTS_S, PENDING_MAX, Pending, PendingSignIns
from services.access.console.sessions import Sessions
from services.access.console.settings import ConsoleSettings
from services.access.stepping_up import FRESH_WITHIN_S, must_be_fresh
from services.runtime.identity import Person
from services.runtime.oidc.door import SignedIn
from services.runtime.oidc.exchange import Asked
from services.runtime.oidc.refusals import FreshSignInNeeded
from services.runtime.settings import Settings

CITY = "https://footage.city"
ASKED = Asked(state="s", nonce="n", verifier="v")


def request(public_url: str, *, cookie: str = "", door: object = None) -> Request:
    app = SimpleNamespace(state=SimpleNamespace(settings=Settings(public_url=public_url), door=door))
    headers = [(b"cookie", cookie.encode()), (b"host", b"x")]
    return Request({"type": "http", "scheme": "http", "path": "/", "headers": headers, "app": app})


def came(person_id: str, account: str, subject: str = "sub", session: str = "sid") -> SignedIn:
    person = Person(person_id=person_id, account=account, name=account, roles=frozenset({"custodian"}), issuer=CITY)
    return SignedIn(person=person, subject=subject, provider_session=session)


def test_behind_a_proxy_that_ends_tls_a_cookie_is_bound_to_the_host() -> None:
    answer = Response()
    keep(request(CITY), answer, "camledger_session", "secret")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-camledger_session=secret;")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert given(request(CITY, cookie="__Host-camledger_session=secret"), "camledger_session") == "secret"
    assert not given(request(CITY, cookie="camledger_session=planted"), "camledger_session")


def test_a_cookie_is_forgotten_where_it_was_kept() -> None:
    answer = Response()
    drop(request(CITY), answer, "camledger_session")
    assert "__Host-camledger_session=" in answer.headers["set-cookie"]
    assert "Path=/;" in answer.headers["set-cookie"]


def test_on_one_machine_a_cookie_is_for_the_console_only() -> None:
    answer = Response()
    keep(request(""), answer, "camledger_session", "secret")
    assert "Path=/console" in answer.headers["set-cookie"]


def test_a_sign_in_on_its_way_is_worth_one_return_in_ten_minutes() -> None:
    now = 0.0
    pending = PendingSignIns(clock=lambda: now)
    first, second = (pending.keep(Pending(asked=ASKED, to="/console")) for _ in range(2))
    assert pending.take(first) is not None
    assert pending.take(first) is None
    now = LASTS_S
    assert pending.take(second) is None
    assert pending.take("made up") is None


def test_sign_ins_on_their_way_are_bounded() -> None:
    pending = PendingSignIns()
    first = pending.keep(Pending(asked=ASKED, to="/console"))
    for _ in range(PENDING_MAX):
        pending.keep(Pending(asked=ASKED, to="/console"))
    assert pending.take(first) is None


def test_two_accounts_of_one_person_share_his_sessions() -> None:
    sessions = Sessions(60, 60, per_person=2)
    first = sessions.begin("wu", came("p-wu", "wu"))
    second = sessions.begin("wu-second", came("p-wu", "wu-second"))
    other = sessions.begin("lin", came("p-lin", "lin"))
    sessions.begin("wu", came("p-wu", "wu"))
    assert sessions.find(first.key) is None
    assert sessions.find(second.key) is second
    assert sessions.find(other.key) is other


@pytest.mark.parametrize(
    ("subject", "session", "left"),
    [("a", "", ["b1"]), ("", "s1", ["a2", "b1"]), ("a", "s2", ["a1", "b1"]), ("c", "", ["a1", "a2", "b1"])],
)
def test_the_providers_word_ends_one_session_or_all_of_a_subject(subject: str, session: str, left: list[str]) -> None:
    sessions = Sessions(60, 60)
    held = {
        name: sessions.begin(name, came(name, name, name[0], f"s{name[1]}" if name != "b1" else "s9"))
        for name in ("a1", "a2", "b1")
    }
    sessions.end_of(subject, session)
    assert [name for name, each in held.items() if sessions.find(each.key) is not None] == left


@pytest.mark.parametrize(
    ("changed", "host", "why"),
    [
        ({}, "footage.city", ""),
        ({}, "evil.example", "closed_other_host"),
        ({}, "127.0.0.1", "closed_other_host"),
        ({"public_url": ""}, "", "closed_provider_unset"),
        ({"oidc_issuer": ""}, "footage.city", "closed_provider_unset"),
        ({"public_url": "http://footage.city"}, "footage.city", "closed_not_https"),
        ({"public_url": "http://127.0.0.1:8080"}, "127.0.0.1:8080", ""),
    ],
)
def test_the_console_is_open_under_its_public_address_alone(changed: dict[str, str], host: str, why: str) -> None:
    settings = Settings(**({"public_url": CITY, "oidc_issuer": "https://id.city"} | changed))  # type: ignore[arg-type]
    assert closed_because(settings, ConsoleSettings(identity="oidc"), host) == why


class AnHourAgo:
    """A door through which everybody came too long ago."""

    step_up_acr = "phr"

    def is_fresh(self, who: Person, within_s: int) -> bool:
        return bool(who.acr) and within_s > 0


def test_a_fresh_sign_in_is_asked_of_people_where_a_provider_vouches() -> None:
    wu = came("p-wu", "wu").person
    service = Person(person_id="s", account="s", name="s", roles=frozenset({"service:ingest"}))
    for act in FRESH_WITHIN_S:
        with pytest.raises(FreshSignInNeeded, match=act):
            must_be_fresh(request(CITY, door=AnHourAgo()), wu, act)
        must_be_fresh(request(CITY, door=AnHourAgo()), service, act)
        must_be_fresh(request(CITY), wu, act)


def test_the_challenge_names_age_and_level() -> None:
    told = FreshSignInNeeded("hold.place", 300, "phr").headers["www-authenticate"]
    assert 'error="insufficient_user_authentication"' in told
    assert 'max_age="300"' in told
    assert 'acr_values="phr"' in told
