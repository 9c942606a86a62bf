"""The topics: who writes them, by what they are keyed, which events they carry. One writer each (I10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from services.kernel import events as e

PREFIX = "camledger."
SUFFIX = ".v1"
SERVICES = ("ingest", "retention", "access", "analytics")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic: ``name`` without prefix and suffix; ``key`` names the field or header that orders its records."""

    name: str
    writer: str
    key: str
    events: tuple[type, ...]
    partitions: int = 4

    def full_name(self, prefix: str = PREFIX) -> str:
        """Return the name on the broker; ``prefix`` lets several installations share one."""
        return f"{prefix}{self.name}{SUFFIX}"


def _with_service(union: object) -> tuple[type, ...]:
    return (*get_args(union), *get_args(e.ServiceEvent))


TOPICS: tuple[Topic, ...] = (
    Topic(name="camera.events", writer="ingest", key="camera_id", events=_with_service(e.CameraEvent)),
    Topic(name="segment.events", writer="ingest", key="camera_id", events=get_args(e.SegmentEvent)),
    Topic(name="shift.events", writer="ingest", key="device_id", events=get_args(e.ShiftEvent)),
    Topic(name="custody.events", writer="ingest", key="hold_id or batch_id", events=get_args(e.CustodyEvent)),
    Topic(name="policy.events", writer="access", key="policy_id", events=get_args(e.PolicyEvent), partitions=1),
    Topic(name="request.events", writer="access", key="request_id", events=get_args(e.RequestEvent)),
    Topic(name="approval.events", writer="access", key="request_id", events=get_args(e.ApprovalEvent)),
    # One partition: the order of this log is what the deletion protocol rests on (F7).
    Topic(name="hold.events", writer="access", key="hold_id", events=get_args(e.HoldEvent), partitions=1),
    Topic(name="access.events", writer="access", key="request_id", events=_with_service(e.AccessEvent)),
    Topic(
        name="retention.events",
        writer="retention",
        key="camera_id",
        events=_with_service(e.RetentionEvent),
    ),
    Topic(name="deletion.commands", writer="retention", key="camera_id", events=(e.DeletionCommanded,)),
    Topic(
        name="audit.log",
        writer="analytics",
        key="origin",
        events=_with_service(e.AuditEvent),
        partitions=1,
    ),
    *(Topic(name=f"dead-letter.{s}", writer=s, key="source position", events=(), partitions=1) for s in SERVICES),
)

BY_NAME = {topic.name: topic for topic in TOPICS}


def topic_of(event_type: type, writer: str) -> Topic:
    """Return the topic that ``writer`` puts this event on; raises LookupError if it may not write it (I10)."""
    for topic in TOPICS:
        if event_type in topic.events and topic.writer == writer:
            return topic
    raise LookupError(f"{writer} writes no topic that carries {event_type.__name__}: see services/kernel/topics.py")
