"""Access as a process of its own on the session's real broker and database; the city around it is one per module."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import yaml

from services.kernel.topics import BY_NAME, TOPICS
from services.runtime.settings import Settings
from services.runtime.topics_admin import ensure_topics
from tests.conftest import Addresses, Broker, _drop_all, _remove_topics
from tests.fakes.custody import StandInCustody
from tests.fakes.served import Served

T = TypeVar("T")
REPOSITORY = Path(__file__).parents[3]
PEOPLE = {
    "officer-lin": ("p-lin", ["applicant", "clerk"], ""),
    "head-chen": ("p-chen", ["applicant_supervisor", "unit_head"], ""),
    "sysman-wu": ("p-wu", ["system_manager", "custodian"], ""),
    "supervisor-kao": ("p-kao", ["manager_supervisor"], ""),
    "secretary-ho": ("p-ho", ["secretary"], ""),
    "director-tsai": ("p-tsai", ["director", "precinct_chief"], "precinct_chief"),
    "ethics-lu": ("p-lu", ["ethics_office"], ""),
    "handling-su": ("p-su", ["handling_unit"], ""),
    "records-reed": ("p-reed", ["records_unit"], ""),
    "captain-diaz": ("p-diaz", ["captain"], "captain"),
    "counsel-ames": ("p-ames", ["mayor_counsel"], ""),
    "agency-novak": ("p-novak", ["law_enforcement"], ""),
    "ice-doe": ("p-doe", ["immigration_enforcement"], ""),
    "admin-root": ("p-root", ["platform_admin"], ""),
    "admin-two": ("p-two", ["platform_admin"], ""),
    # Two accounts of one person: four eyes must not be fooled by them (decision 31).
    "cop-hsu": ("p-hsu", ["applicant", "police"], ""),
    "cop-hsu-second": ("p-hsu", ["unit_head", "dashboard_admin"], ""),
    "sysman-wu-second": ("p-wu", ["unit_head", "ethics_office"], ""),
    "lead-hsieh": ("p-hsieh", ["project_lead", "lead_agency"], ""),
    "group-liao": ("p-liao", ["project_group"], ""),
    "dash-yeh": ("p-yeh", ["dashboard_admin"], ""),
}


PASSED_ON = (
    "kafka",
    "topic_prefix",
    "database",
    "database_prefix",
    "http_port",
    "people",
    "home",
    "ingest_url",
    "policies",
)


class Refused(AssertionError):
    """The API answered with a problem where the test expected an answer."""


class City:
    """Access, its neighbours and its people."""

    def __init__(self, settings: Settings, custody: StandInCustody) -> None:
        self.settings, self.custody = settings, custody
        self.environment: dict[str, str] = {}  # of its processes alone: what is set here reaches no other installation
        self.tokens: dict[str, str] = {}  # of who doesn't come with the one of the people file
        self._processes: dict[str, Served] = {}
        self.url = f"http://127.0.0.1:{settings.http_port}"

    def start(self, role: str = "all") -> None:
        environment = {f"CAMLEDGER_{name.upper()}": str(getattr(self.settings, name)) for name in PASSED_ON}
        environment |= {"CAMLEDGER_SERVICE_TOKEN": "token-access"} | self.environment
        log = self.settings.home / f"{role}.log"
        self._processes[role] = Served("services.access", role, log=log, environment=environment)
        if role in ("all", "http"):
            self.until(lambda: self._is_up(role), within_s=120)

    def stop(self, role: str = "all", how: signal.Signals = signal.SIGKILL) -> None:
        process = self._processes.pop(role)
        process.send_signal(how)
        process.wait()

    def close(self) -> None:
        for role in [*self._processes]:
            self.stop(role)

    def keep_running(self) -> None:
        """Start again what has ended, as whoever supervises the processes does."""
        for role in [role for role, process in self._processes.items() if process.poll() is not None]:
            self.start(role)

    def _is_up(self, role: str) -> bool:
        died = self._processes[role].poll()
        assert died is None, (self.settings.home / f"{role}.log").read_text()[-4000:]
        try:
            return httpx.get(f"{self.url}/health/live", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def call(self, who: str, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        token = {"authorization": f"Bearer {self.tokens.get(who, f'token-{who}')}"}
        return httpx.request(method, f"{self.url}/api/v1{path}", json=body, headers=token | headers, timeout=90)

    def do(self, who: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        answer = self.call(who, "POST", path, {} if body is None else body)
        if answer.is_error:
            raise Refused(f"{who} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def see(self, who: str, path: str) -> Any:  # noqa: ANN401
        answer = self.call(who, "GET", path)
        if answer.is_error:
            raise Refused(f"{who} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def until(self, found: Callable[[], T], within_s: float = 30) -> T:
        """Ask again, bounded, until the answer is a truthy one."""
        end = time.monotonic() + within_s
        while True:
            if (answer := found()) or time.monotonic() > end:
                assert answer, "did not happen in time"
                return answer
            time.sleep(0.1)

    def told(self, topic: str, kind: type[T], fits: Callable[[T], bool] = lambda _: True) -> list[T]:
        """Return the events of a kind that fit, once there are any: those of earlier tests are on the topic, too."""
        return self.until(lambda: [event for event in self.custody.events(topic, kind) if fits(event)])

    def settle(self) -> None:
        """Put the packs in force and bind the cameras that the tests use."""
        for camera, areas in (("cam-19", ()), ("cam-20", ()), ("spd-1", ("window",))):
            self.custody.register(camera, areas)
        for policy in ("daan-cctv", "npa-bwc", "spd-cctv"):
            self.do("admin-root", "/policies/adopt", {"policy_id": policy, "instrument": "adopted for the test"})
        self.do("admin-root", "/policies/daan-cctv/cameras", {"cameras": ["cam-19", "cam-20"]})
        self.do("admin-root", "/policies/spd-cctv/cameras", {"cameras": ["spd-1"]})
        self.until(lambda: self._known("cam-20") and self._known("spd-1"), within_s=120)

    def _known(self, camera: str) -> bool:
        body = {"scope": {"cameras": [camera], "from": "2026-01-01T00:00:00Z"}, "matter": "", "authority": "x"}
        return "unknown camera" not in self.call("sysman-wu", "POST", "/holds", body).text


def settings_for(stack: Addresses, home: Path) -> Settings:
    corner = f"t{uuid.uuid4().hex[:12]}"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    people = home / "people.yaml"
    people.write_text(yaml.safe_dump({"people": [_entry(account, *rest) for account, rest in PEOPLE.items()]}))
    return Settings(
        service="access",
        kafka=stack.bootstrap_servers,
        topic_prefix=f"{corner}.",
        database=stack.dsn,
        database_prefix=f"{corner}_",
        http_port=port,
        people=people,
        home=home,
    )


def _entry(account: str, person_id: str, roles: list[str], rank: str) -> dict[str, object]:
    token = sha256(f"token-{account}".encode()).hexdigest()
    named = {"person_id": person_id, "account": account, "name": account, "token_sha256": token}
    return named | {"roles": roles, "rank": rank, "agency": "daan-hro"}


def build(stack: Addresses, home: Path, policies: Path | None = None) -> City:
    settings = settings_for(stack, home)
    settings = settings.model_copy(update={"policies": policies or settings.policies})
    names = {t.name for t in TOPICS if t.writer == "access"} | {
        "deletion.commands",
        "custody.events",
        "camera.events",
        "segment.events",
        "shift.events",
        "dead-letter.access",
    }
    ensure_topics(settings, [BY_NAME[name] for name in sorted(names)])
    custody = StandInCustody(settings)
    return City(settings.model_copy(update={"ingest_url": custody.url}), custody)


def tear_down(city: City) -> None:
    city.close()
    city.custody.close()
    _remove_topics(Broker(bootstrap_servers=city.settings.kafka, prefix=city.settings.topic_prefix))
    asyncio.run(_drop_all(city.settings.database, city.settings.database_prefix))


@pytest.fixture(scope="module")
def city(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A running access with policies in force, shared by the tests of one file."""
    built = build(stack, tmp_path_factory.mktemp("city"))
    try:
        built.start()
        built.settle()
        yield built
    finally:
        tear_down(built)


@pytest.fixture
def fresh(stack: Addresses, tmp_path: Path) -> Iterator[City]:
    """A city of one's own, for tests that kill or restore it; nothing runs yet."""
    built = build(stack, tmp_path)
    try:
        yield built
    finally:
        tear_down(built)
