"""A stand-in for ingest: registers cameras, answers holds and batches over real Kafka, serves bytes over real HTTP."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from confluent_kafka import Producer

from services.kernel.batches import HourLine, SegmentKey, lines
from services.kernel.envelope import Actor, recorded
from services.kernel.events import (
    BatchAnswered,
    CameraKind,
    CameraRegistered,
    DeletionCommanded,
    Event,
    FieldValue,
    HoldApplied,
    LineAnswer,
    MaskAttested,
    SecuredSpan,
)
from services.kernel.topics import topic_of
from services.runtime import kafka_read
from services.runtime.codec import Codec
from services.runtime.consumer import producer_settings
from services.runtime.received import Received
from services.runtime.registry import open_registry
from services.runtime.settings import Settings

E = TypeVar("E")
STARTED = datetime(2026, 11, 1, 8, tzinfo=UTC)
CLIP = bytes(range(256)) * 40
ACTOR = Actor(id="ingest", role="service:ingest")


class StandInCustody:
    """Plays ingest and retention towards access, on topics and ports that are real."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.codec = Codec(open_registry(settings))
        self._producer = Producer(producer_settings(settings))
        self._versions: dict[str, int] = {}
        self.bytes = CLIP  # of every clip; a test that needs a real recording puts one here
        self.asked: list[str] = []  # paths whose bytes were asked for
        self.told: list[tuple[str, dict[str, object]]] = []  # what was posted, by path
        self.clips = [clip_row("cam-19", minute) for minute in (0, 10, 20)]
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def write(self, stream_id: str, event: Event, key: str, writer: str = "ingest") -> None:
        version = self._versions[stream_id] = self._versions.get(stream_id, 0) + 1
        fact = recorded(event, stream_id=stream_id, stream_version=version, at=datetime.now(UTC), actor=ACTOR)
        topic = self._settings.topic(topic_of(type(event), writer).name)
        self._producer.produce(topic, key=key, value=self.codec.encode(fact, writer))
        assert self._producer.flush(10) == 0

    def register(self, camera_id: str, mask_areas: tuple[str, ...] = (), at: tuple[float, float] | None = None) -> None:
        where = zip(("latitude", "longitude"), at or (), strict=False)
        event = CameraRegistered(
            camera_id=camera_id,
            kind=CameraKind.FIXED,
            agency="daan-hro",
            area="hall",
            place="counter",
            direction="north",
            mask_areas=mask_areas,
            device_owner="",
            values=tuple(FieldValue(name=name, value=json.dumps(value)) for name, value in where),
        )
        self.write(f"camera/{camera_id}", event, camera_id)

    def attest(self, camera_id: str, areas: tuple[str, ...]) -> None:
        event = MaskAttested(camera_id=camera_id, mask_version="m1", areas=areas, valid_from=STARTED)
        self.write(f"camera/{camera_id}", event, camera_id)

    def apply_hold(self, hold_id: UUID, seq: int, secured: int = 2) -> None:
        span = SecuredSpan(
            camera_id="cam-19", segments=secured, first_started_at=STARTED, last_started_at=STARTED, digest="0" * 64
        )
        event = HoldApplied(hold_id=hold_id, seq=seq, secured=(span,) if secured else (), destroying=(), gone=())
        self.write(f"hold/{hold_id}/answer", event, str(hold_id))

    def command(self, batch_id: UUID, camera_id: str = "cam-19") -> None:
        event = DeletionCommanded(
            batch_id=batch_id,
            camera_id=camera_id,
            lines=line_of(camera_id),
            policy_id="daan-cctv",
            policy_version_expected=2,
            rule_ids=("retention.min90",),
        )
        self.write(f"batch/{batch_id}", event, camera_id, writer="retention")

    def answer_batch(self, batch_id: UUID, camera_id: str = "cam-19") -> None:
        gone = LineAnswer(outcome="gone", reason="", seq=0, not_before=None, lines=line_of(camera_id))
        event = BatchAnswered(batch_id=batch_id, camera_id=camera_id, answers=(gone,))
        self.write(f"batch/{batch_id}/answer", event, str(batch_id))

    def log(self, topic: str = "hold.events") -> list[Received]:
        records = kafka_read.read_to_end(self._settings, topic, self.codec)
        return [record for record in records if isinstance(record, Received)]

    def events(self, topic: str, kind: type[E]) -> list[E]:
        return [r.recorded.event for r in self.log(topic) if isinstance(r.recorded.event, kind)]


def line_of(camera_id: str) -> tuple[HourLine, ...]:
    """The first clip of a camera, as commands and clearances name it."""
    return lines([SegmentKey(camera_id=camera_id, started_at=STARTED)])


def clip_row(camera_id: str, minute: int) -> dict[str, object]:
    """One segment as ingest lists it."""
    start = STARTED + timedelta(minutes=minute)
    return {
        "camera_id": camera_id,
        "started_at": start.isoformat(),
        "ended_at": (start + timedelta(minutes=10)).isoformat(),
        "generation": 1,
        "state": "kept",
        "retention_class": "standard",
        "mask_version": "",
        "container": "mp4",
        "sha256": "00" * 32,
        "size_bytes": len(CLIP),
    }


def bands(clips: list[dict[str, object]]) -> dict[str, object]:
    """Return each clip as a band of its own."""
    told = [
        {"state": clip["state"], "segments": 1, "from": clip["started_at"], "to": clip["ended_at"]} for clip in clips
    ]
    return {"bands": told, "complete": True}


def handler_of(custody: StandInCustody) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - one small server
    """The HTTP side: a list of segments, and bytes with Range."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path.endswith(("/bytes", "/cut")):
                custody.asked.append(unquote(self.path))
                self._bytes()
            elif parts.path.endswith("/status"):
                told: dict[str, object] = {"segments": len(custody.clips), "destroying": 0, "gone": 0}
                self._answer(200, json.dumps(told).encode(), {"content-type": "application/json"})
            elif parts.path.endswith("/parked"):
                self._answer(200, json.dumps({"parked": []}).encode(), {"content-type": "application/json"})
            elif parts.path.endswith("/gaps"):
                self._answer(200, json.dumps({"gaps": []}).encode(), {"content-type": "application/json"})
            elif "from=" not in parts.query:
                self._answer(503, b"{}", {"content-type": "application/json"})  # nothing that it stands in for
            else:
                clips = self._found({key: values[0] for key, values in parse_qs(parts.query).items()})
                told = bands(clips) if parts.path.endswith("/bands") else {"segments": clips}
                self._answer(200, json.dumps(told).encode(), {"content-type": "application/json"})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            custody.told.append((unquote(self.path), body))
            self._answer(201, json.dumps(body).encode(), {"content-type": "application/json"})

        def _found(self, query: dict[str, str]) -> list[dict[str, object]]:
            start = datetime.fromisoformat(query["from"])
            end = datetime.fromisoformat(query.get("to", "9999-01-01T00:00:00Z"))
            return [
                clip
                for clip in custody.clips
                if clip["camera_id"] == query.get("camera", clip["camera_id"])
                and datetime.fromisoformat(str(clip["started_at"])) < end
                and datetime.fromisoformat(str(clip["ended_at"])) > start
            ]

        def _bytes(self) -> None:
            wanted = self.headers.get("range", "")
            if not wanted:
                return self._answer(200, custody.bytes, {"content-type": "video/mp4"})
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            begin, end = int(first), int(last or len(custody.bytes) - 1)
            told = {"content-type": "video/mp4", "content-range": f"bytes {begin}-{end}/{len(custody.bytes)}"}
            return self._answer(206, custody.bytes[begin : end + 1], told)

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in (headers | {"content-length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing: the test reads what was asked from ``custody.asked``."""

    return Handler
