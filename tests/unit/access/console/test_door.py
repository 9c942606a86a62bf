"""Who gets in: demo people only where everything runs on one machine, sessions that end, forms of one's own session."""

from __future__ import annotations

import pytest

from services.access.console.door import closed_because, is_loopback, may_come
from services.access.console.forms import parsed
from services.access.console.route import local
from services.access.console.sessions import SESSIONS_MAX, Sessions, same
from services.access.console.settings import ConsoleSettings
from services.access.refusals import Unusable
from services.runtime.identity import Person
from services.runtime.settings import Settings

HERE = "127.0.0.1:8080"
DEMO = ConsoleSettings(identity="demo")


class Hands:
    """A clock that goes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_without_an_identity_provider_nobody_gets_in() -> None:
    assert closed_because(Settings(), ConsoleSettings(identity=""), HERE) == "closed_no_provider"


def test_demo_people_get_in_on_one_machine() -> None:
    assert closed_because(Settings(), DEMO, HERE) == ""


@pytest.mark.parametrize(
    "setting", [{"http_host": "0.0.0.0"}, {"kafka_security": {"security.protocol": "SSL"}}, {"database_role": "x"}]
)
def test_demo_people_never_get_into_production(setting: dict[str, object]) -> None:
    production = Settings().model_copy(update=setting)
    assert closed_because(production, DEMO, HERE) == "closed_not_embedded"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", ""])
def test_a_foreign_name_for_this_machine_gets_nobody_in(host: str) -> None:
    assert closed_because(Settings(), DEMO, host) == "closed_foreign_host"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "::1", "127.8.0.1"])
def test_loopback_is_known_by_every_name(host: str) -> None:
    assert is_loopback(host)


def test_services_have_no_screen() -> None:
    people = [
        Person(person_id="p-2", account="b", name="B", roles=frozenset({"clerk"})),
        Person(person_id="s-access", account="service-access", name="s", roles=frozenset({"service:access"})),
        Person(person_id="p-1", account="a", name="A", roles=frozenset({"clerk"})),
    ]
    assert [person.account for person in may_come(people)] == ["a", "b"]


def test_a_session_ends_when_nobody_asks_for_a_page() -> None:
    hands = Hands()
    sessions = Sessions(lasts_minutes=60, idle_minutes=10, clock=hands)
    session = sessions.begin("officer-lin")
    hands.now = 599
    assert sessions.find(session.key) is session
    hands.now += 600
    assert sessions.find(session.key) is None


def test_a_session_ends_however_busy_somebody_is() -> None:
    hands = Hands()
    sessions = Sessions(lasts_minutes=60, idle_minutes=59, clock=hands)
    session = sessions.begin("officer-lin")
    for minute in range(0, 60, 10):
        hands.now = minute * 60
        assert sessions.find(session.key) is session
    hands.now = 3600
    assert sessions.find(session.key) is None


def test_signing_out_ends_the_session_on_the_server() -> None:
    sessions = Sessions(lasts_minutes=60, idle_minutes=10)
    session = sessions.begin("officer-lin")
    sessions.end(session.key)
    assert sessions.find(session.key) is None


def test_sessions_are_bounded_and_the_oldest_goes() -> None:
    sessions = Sessions(lasts_minutes=60, idle_minutes=10)
    first = sessions.begin("officer-lin")
    last = [sessions.begin("officer-lin") for _ in range(SESSIONS_MAX)][-1]
    assert sessions.find(first.key) is None
    assert sessions.find(last.key) is last


def test_an_empty_secret_is_never_right() -> None:
    assert not same("", "")
    assert not same("a", "b")
    assert same("a", "a")


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/console//evil.example", "/consolex\\evil", "/api/v1/requests"]
)
def test_a_link_back_never_leaves_the_console(to: str) -> None:
    assert local(to) == "/console"


def test_a_link_back_within_the_console_is_kept() -> None:
    assert local("/console/requests") == "/console/requests"


@pytest.mark.parametrize("body", [b"a=%00", b"a=%ff", b"&".join(b"a=1" for _ in range(401))])
def test_a_form_that_no_page_of_ours_sends_is_refused(body: bytes) -> None:
    with pytest.raises(Unusable):
        parsed(body)
