"""Ingest as a process of its own on the session's broker and database; access is played by the test."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
import yaml
from confluent_kafka import Producer

from services.access.protections.commands import WriteAgain
from services.access.protections.decider import decide
from services.access.protections.placing import Surroundings
from services.kernel.batches import SegmentKey, lines
from services.kernel.envelope import Actor, recorded
from services.kernel.events import (
    CameraBound,
    DeletionCleared,
    Event,
    HoldExtended,
    HoldPlaced,
    HoldReleased,
    PolicyInForce,
    SegmentRefused,
)
from services.kernel.ids import PROTECTION_LOG
from services.kernel.protection import Protection
from services.kernel.scope import Scope
from services.kernel.topics import TOPICS
from services.runtime.codec import Codec
from services.runtime.kafka_read import read_to_end
from services.runtime.packs import load_pack
from services.runtime.received import Received
from services.runtime.registry import open_registry
from services.runtime.scope_header import SCOPE_HEADER, scope_json
from services.runtime.settings import Settings
from services.runtime.topics_admin import ensure_topics
from tests.fakes.served import Served

T = TypeVar("T")
Headers = list[tuple[str, str | bytes | None]]
REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 120.0
PEOPLE = {
    "keeper": ("system_manager",),
    "second": ("system_manager", "unit_head"),
    "head": ("unit_head",),
    "clerk": ("clerk",),
    "ethics": ("ethics_office",),
    "access": ("service:access",),
}


def until(what: str, seen: Callable[[], T]) -> T:
    """Ask again and again until the answer is true; fail with what was awaited."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if found := seen():
                return found
        time.sleep(0.1)
    raise AssertionError(f"never came: {what}")


class ProtectionLogWriter:
    """Access, as far as custody can see: a dense log of protections, bindings and clearances."""

    def __init__(self, settings: Settings, codec: Codec) -> None:
        self._settings, self._codec = settings, codec
        self._producer = Producer({"bootstrap.servers": settings.kafka, "linger.ms": 0})
        self.seq = 0

    def write(self, make: Callable[[int], Event], key: str = "", *, spoil: bool = False, scoped: bool = True) -> int:
        """Append one record; ``spoil`` makes its bytes unreadable, ``scoped`` keeps the scope in its header."""
        self.seq += 1
        event = make(self.seq)
        actor = Actor(id="access", role="service")
        record = recorded(event, stream_id=PROTECTION_LOG, stream_version=self.seq, at=datetime.now(UTC), actor=actor)
        raw = self._codec.encode(record, "access")
        scope = getattr(event, "scope", None)
        headers: Headers = [(SCOPE_HEADER, scope_json(scope))] if scope is not None and scoped else []
        value = raw[:5] + b"\xff" * 9 if spoil else raw
        self._produce(value, key or str(getattr(event, "hold_id", "")), headers)
        return self.seq

    def _produce(self, value: bytes, key: str, headers: Headers) -> None:
        self._producer.produce(self._settings.topic("hold.events"), value, key, headers=headers)
        assert self._producer.flush(20) == 0

    def bind(self, policy_id: str, camera_id: str, digest: str = "") -> None:
        """Let the newest version of a pack bind a camera since long ago."""
        pack = load_pack(REPOSITORY / "policies" / policy_id)
        since = datetime(2000, 1, 1, tzinfo=UTC)
        self.write(
            lambda seq: PolicyInForce(
                seq=seq,
                policy_id=pack.id,
                version=pack.version,
                digest=digest or pack.digest,
                binding_from=since,
                shortens=False,
            )
        )
        self.write(
            lambda seq: CameraBound(
                seq=seq, policy_id=pack.id, camera_id=camera_id, retention_class="", binding_from=since
            )
        )

    def place(self, scope: Scope, hold_id: UUID | None = None, **how: bool) -> UUID:
        """Place a hold and return its id."""
        hold = hold_id or uuid4()
        self.write(
            lambda seq: HoldPlaced(
                hold_id=hold,
                seq=seq,
                kind="hold",
                hold_kind="court_order",
                scope=scope,
                matter="112-1",
                authority="test",
                review_by=None,
                protects_until=None,
                request_id="",
            ),
            str(hold),
            **how,
        )
        return hold

    def extend(self, hold_id: UUID, scope: Scope) -> None:
        """Add to what a hold covers."""
        self.write(
            lambda seq: HoldExtended(hold_id=hold_id, seq=seq, scope=scope, review_by=None, protects_until=None),
            str(hold_id),
        )

    def write_again(self, hold_id: UUID, scopes: tuple[Scope, ...]) -> None:
        """Write a hold again, in the records that access' own decider makes of it."""
        standing = Protection(
            hold_id=hold_id,
            seq=self.seq,
            kind="hold",
            hold_kind="court_order",
            scopes=scopes,
            matter="112-1",
            authority="test",
            review_by=None,
            protects_until=None,
        )
        around = Surroundings(
            seq=self.seq + 1, now=datetime.now(UTC), recovery=timedelta(), known_cameras=(), parked=True
        )
        for event in decide(standing, WriteAgain(hold_id=hold_id, person="p"), around):
            self.write(lambda seq, event=event: replace(event, seq=seq), str(hold_id))  # type: ignore[misc]

    def release(self, hold_id: UUID, protects_until: datetime) -> None:
        """Give a hold an end."""
        self.write(
            lambda seq: HoldReleased(
                hold_id=hold_id, seq=seq, proposed_by="a", confirmed_by="b", protects_until=protects_until
            ),
            str(hold_id),
        )

    def clear(self, keys: Sequence[SegmentKey], batch_id: UUID | None = None, version: int = 0) -> UUID:
        """Clear a batch and return its id; 0 names the version that binds."""
        expected = version or load_pack(REPOSITORY / "policies" / "daan-cctv").version
        batch = batch_id or uuid4()
        self.write(
            lambda seq: DeletionCleared(
                batch_id=batch,
                seq=seq,
                camera_id=keys[0].camera_id,
                lines=lines(keys),
                policy_id="daan-cctv",
                policy_version_expected=expected,
            ),
            str(batch),
        )
        return batch


class IngestWorld:
    """One installation of ingest: its process, its API, its log."""

    def __init__(self, settings: Settings, home: Path) -> None:
        ensure_topics(settings, TOPICS)
        self.settings, self.home = settings, home
        self.codec = Codec(open_registry(settings))
        self.access = ProtectionLogWriter(settings, self.codec)
        self.inbox = home / "inbox"
        self.inbox.mkdir()
        self.tokens = {person: secrets.token_hex(8) for person in PEOPLE}
        self._write_people()
        self._started = set[str]()  # custody's start ids, seen at the starts before
        self._process: Served | None = None
        self._log = home / "ingest.log"

    def _write_people(self) -> None:
        people = [
            {
                "person_id": f"p-{name}",
                "account": name,
                "name": name,
                "roles": list(roles),
                "agency": "city",
                "token_sha256": hashlib.sha256(self.tokens[name].encode()).hexdigest(),
            }
            for name, roles in PEOPLE.items()
        ]
        self.settings.people.write_text(yaml.safe_dump({"people": people}), "utf-8")

    def start(self, **environment: str) -> None:
        """Start the service and wait until every part lives."""
        fields = ("kafka", "topic_prefix", "database", "database_prefix", "http_port", "people", "home")
        own = {f"CAMLEDGER_{name.upper()}": str(getattr(self.settings, name)) for name in fields}
        own |= {"CAMLEDGER_INGEST_ROOTS": f'["{self.inbox}"]', "CAMLEDGER_INGEST_RESERVE_BYTES": "0"}
        self._process = Served("services.ingest", log=self._log, environment=own | environment)
        try:
            until("ingest is ready", self._ready)
        except AssertionError as never:
            raise AssertionError(f"{never}\n{self.log()}") from never

    def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        if httpx.get(f"{self.url}/health/ready").status_code != 200:
            return False
        # The database still names an earlier start until custody has read its own log and passed the gate.
        started = self.status()["custody_start_id"]
        passed = started not in {None, *self._started}
        self._started |= {started} if passed else set()
        return passed

    def kill(self) -> None:
        """SIGKILL, as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def close(self) -> None:
        """End the process."""
        self.kill()

    def log(self) -> str:
        """Return what the process wrote."""
        return self._log.read_text("utf-8")[-4000:]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.http_port}"

    def call(self, method: str, path: str, person: str = "keeper", **more: Any) -> httpx.Response:  # noqa: ANN401
        """Call the API as a person."""
        headers = {"authorization": f"Bearer {self.tokens[person]}"} | more.pop("headers", {})
        return httpx.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=30, **more)

    def status(self) -> dict[str, Any]:
        """Return GET /status."""
        found: dict[str, Any] = self.call("GET", "/status").json()
        return found

    def camera(self, camera_id: str, policy_id: str = "daan-cctv", **more: Any) -> None:  # noqa: ANN401
        """Register a camera and bind a policy to it."""
        body = {"camera_id": camera_id, "kind": "fixed", "agency": "city", "area": "plaza"} | more
        answer = self.call("POST", "/cameras", json=body)
        assert answer.status_code == 201, answer.text
        self.access.bind(policy_id, camera_id)
        self.read_to_here()

    def read_to_here(self) -> None:
        """Wait until custody has read everything that access wrote."""
        until("custody reads on", lambda: self.status()["protection_log"]["seq"] >= self.access.seq)

    def old_footage(self, camera_id: str, path: Path, days_ago: float, *, waive: bool = True) -> SegmentKey:
        """Take in footage of an older recorder, due since long, with its recovery window waived."""
        started = (datetime.now(UTC) - timedelta(days=days_ago)).replace(microsecond=0)
        takeover = f"t-{uuid4().hex[:8]}"
        body = {"takeover_id": takeover, "camera_id": camera_id, "source": "old recorder"}
        interval = {"footage_from": started - timedelta(hours=1), "footage_to": started + timedelta(hours=1)}
        body |= {name: at.isoformat() for name, at in interval.items()}
        assert self.call("POST", "/takeovers", json=body).status_code == 201
        if waive:
            assert self.call("POST", f"/takeovers/{takeover}/waive", "second").status_code == 200
        taken = self.hand_over(camera_id, self.put(path), takeover_id=takeover, started_at=started.isoformat())
        assert taken.status_code == 201, taken.text
        return SegmentKey(camera_id=camera_id, started_at=started, generation=taken.json()["generation"])

    def put(self, path: Path, name: str = "") -> Path:
        """Copy a file into the folder from which it may be handed over, last written now."""
        target = self.inbox / (name or f"{uuid4().hex[:8]}{path.suffix}")
        target.write_bytes(path.read_bytes())
        return target

    def refused(self, camera_id: str) -> list[str]:
        """Return the reasons for which a camera's files were refused, as they stand on the log."""
        events = self.events("segment.events", SegmentRefused)
        return [event.refusal for event in events if event.camera_id == camera_id]

    def hand_over(self, camera_id: str, path: Path, **more: str) -> httpx.Response:
        """POST /files."""
        return self.call("POST", "/files", json={"path": str(path), "camera_id": camera_id} | more)

    def events(self, topic: str, *types: type) -> list[Any]:
        """Return the events of a topic as they stand on the broker, only of some types if given."""
        found = read_to_end(self.settings, topic, self.codec)
        events = [record.recorded.event for record in found if isinstance(record, Received)]
        return [event for event in events if not types or isinstance(event, types)]

    def event(self, topic: str, event_type: type[T], **fields: object) -> T:
        """Wait for an event of a type with these fields and return it."""

        def fits(event: object) -> bool:
            return all(getattr(event, name) == value for name, value in fields.items())

        found = until(event_type.__name__, lambda: [e for e in self.events(topic, event_type) if fits(e)])
        first: T = found[0]
        return first

    def state(self, key: SegmentKey) -> str:
        """Return the state of a segment."""
        answer = self.call("GET", f"/segments/{key.camera_id}/{key.started_at.isoformat()}").json()
        return str(next(each["state"] for each in answer["generations"] if each["generation"] == key.generation))

    def stored(self, camera_id: str) -> list[Path]:
        """Return the files of a camera that lie in the store."""
        root = self.home / "ingest" / "store" / camera_id
        return [path for path in root.rglob("*") if path.is_file() and not path.name.startswith(".")]
