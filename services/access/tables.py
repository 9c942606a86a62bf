"""Tables of access in three classes (decision 18): projections come back from the log, operational ones refill."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.runtime.tables import metadata_for

METADATA = metadata_for("access")


def _instant(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


# Our own streams, byte for byte as they went to the broker: what every decision folds.
fact = Table(
    "fact",
    METADATA,
    Column("stream_id", Text, primary_key=True),
    Column("stream_version", BigInteger, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    _instant("recorded_at"),
    Column("value", LargeBinary, nullable=False),
    Index("fact_by_time", "recorded_at"),
    Index("fact_by_kind", "event_type", "recorded_at"),
)
# One row a stream: its lock, and the version that the next event follows.
stream = Table(
    "stream",
    METADATA,
    Column("stream_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
)
# The gate: whoever writes to the protection log holds this one row first (A1 to A4).
protection_gate = Table(
    "protection_gate",
    METADATA,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
)
protection = Table(
    "protection",
    METADATA,
    Column("hold_id", UUID(as_uuid=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("hold_kind", Text, nullable=False),
    Column("scopes", JSONB, nullable=False),
    Column("matter", Text, nullable=False),
    Column("authority", Text, nullable=False),
    _instant("review_by", nullable=True),
    _instant("protects_until", nullable=True),
    Column("request_id", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    _instant("placed_at"),
    Column("seq", BigInteger, nullable=False),
    Column("answer_seq", BigInteger, nullable=False),  # of the last record that custody answers: placed or extended
    Column("review_told", Boolean, nullable=False),
    Column("hold_proposed", Boolean, nullable=False),
    Index("protection_by_request", "request_id"),
    Index("protection_by_end", "protects_until"),
    Index("protection_by_kind", "kind", "answer_seq"),
)
policy_binding = Table(
    "policy_binding",
    METADATA,
    Column("seq", BigInteger, primary_key=True),
    Column("policy_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    _instant("binding_from"),
    Column("shortens", Boolean, nullable=False),
    _instant("recorded_at"),
)
camera_binding = Table(
    "camera_binding",
    METADATA,
    Column("seq", BigInteger, primary_key=True),
    Column("policy_id", Text, nullable=False),
    Column("camera_id", Text, nullable=False),
    Column("retention_class", Text, nullable=False),
    _instant("binding_from"),
)
clearance = Table(
    "clearance",
    METADATA,
    Column("batch_id", UUID(as_uuid=True), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("camera_id", Text, nullable=False),
    Column("lines", JSONB, nullable=False),
)
# What custody answered; apart from ``clearance`` because it comes from another topic and may come first in a rebuild.
batch_answer = Table(
    "batch_answer",
    METADATA,
    Column("batch_id", UUID(as_uuid=True), primary_key=True),
    _instant("answered_at"),
)
answer = Table(
    "answer",
    METADATA,
    Column("hold_id", UUID(as_uuid=True), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("secured", JSONB, nullable=False),
    Column("destroying", JSONB, nullable=False),
    Column("gone", JSONB, nullable=False),
    _instant("applied_at"),
)
answer_amendment = Table(
    "answer_amendment",
    METADATA,
    Column("hold_id", UUID(as_uuid=True), primary_key=True),
    Column("stream_version", BigInteger, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("newly_secured", JSONB, nullable=False),
    Column("found_gone", JSONB, nullable=False),
    Column("about", Text, nullable=False),
    _instant("amended_at"),
)
parked = Table(
    "parked",
    METADATA,
    Column("parked_id", Text, primary_key=True),
    Column("hold_id", Text, nullable=False),
    Column("everywhere", Boolean, nullable=False),
    Column("error", Text, nullable=False),
    Column("settled", Boolean, nullable=False),
)
camera = Table(
    "camera",
    METADATA,
    Column("camera_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("mask_areas", JSONB, nullable=False),
    Column("masks", JSONB, nullable=False),  # attested: version, areas, from
    Column("retired", Boolean, nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
)
request_file = Table(
    "request_file",
    METADATA,
    Column("request_id", UUID(as_uuid=True), primary_key=True),
    Column("policy_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("requester_class", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("is_open", Boolean, nullable=False),
    _instant("submitted_at"),
    _instant("term_ends_at", nullable=True),
    _instant("changed_at"),
    Column("has_personal", Boolean, nullable=False),
    Index("request_file_open", "term_ends_at", postgresql_where=text("is_open")),
    Index("request_file_newest", "submitted_at", "request_id"),
    Index("request_file_of_requester", "requester", "submitted_at"),
)
viewing = Table(
    "viewing",
    METADATA,
    Column("viewing_id", UUID(as_uuid=True), primary_key=True),
    Column("request_id", UUID(as_uuid=True), nullable=False),
)
# Who opened more than is usual, and whether another person has looked into it. What both said stands in ``fact``.
bulk_viewing = Table(
    "bulk_viewing",
    METADATA,
    Column("viewing_id", UUID(as_uuid=True), primary_key=True),
    Column("request_id", UUID(as_uuid=True), nullable=False),
    Column("person", Text, nullable=False),
    _instant("found_at"),
    Column("found_version", BigInteger, nullable=False),
    Column("reviewed_version", BigInteger),  # none while it is open
    Index("bulk_viewing_open", "found_at", postgresql_where=text("reviewed_version IS NULL")),
    Index("bulk_viewing_newest", "found_at"),
)
footage_copy = Table(
    "footage_copy",
    METADATA,
    Column("copy_id", UUID(as_uuid=True), primary_key=True),
    Column("request_id", UUID(as_uuid=True), nullable=False),
)
policy_version = Table(
    "policy_version",
    METADATA,
    Column("policy_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("instrument", Text, nullable=False),
    Column("approved_by", JSONB, nullable=False),
    _instant("adopted_at"),
)
programme_end = Table(
    "programme_end",
    METADATA,
    Column("policy_id", Text, primary_key=True),
    _instant("ended_at"),
    Column("decision", Text, nullable=False),
)
# Operational: not on the log, refilled by doing it again.
viewing_session = Table(
    "viewing_session",
    METADATA,
    Column("viewing_id", UUID(as_uuid=True), primary_key=True),
    Column("accompanied", Boolean, nullable=False),
    Column("ranges", Integer, nullable=False),
    Column("bytes_served", BigInteger, nullable=False),
)
copy_bytes = Table(
    "copy_bytes",
    METADATA,
    Column("copy_id", UUID(as_uuid=True), primary_key=True),
    Column("location", Text, nullable=False),
    Column("container", Text, nullable=False),
    _instant("due_at"),  # the copy's own: not that of the footage, which may be gone before or after
    Index("copy_bytes_due", "due_at"),
)
proposal = Table(
    "proposal",
    METADATA,
    Column("subject", Text, primary_key=True),  # what two persons must want: adoption of a version, a scope over a cap
    Column("person", Text, nullable=False),
    _instant("proposed_at"),
    Column("body", JSONB, nullable=False),
)
# Which protections a person must confirm because they pass the pack's cap (decision 5).
unconfirmed = Table(
    "unconfirmed",
    METADATA,
    Column("request_id", UUID(as_uuid=True), primary_key=True),
    Column("why", Text, nullable=False),
)
# The live pictures that are open now, one row a person; what was open stands on the log.
live_session = Table(
    "live_session",
    METADATA,
    Column("live_id", UUID(as_uuid=True), primary_key=True),
    Column("person", Text, nullable=False, unique=True),
    Column("camera_id", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("asked", JSONB, nullable=False),  # ground and basis, judged again at every request
    Column("secret", LargeBinary, nullable=False),  # seals the links of this picture
    _instant("opened_at"),
    _instant("ends_at", nullable=True),
    _instant("seen_at"),
)

PROJECTIONS = (
    fact, stream, protection_gate, protection, policy_binding, camera_binding, clearance, batch_answer, answer,
    answer_amendment, parked, camera, request_file, viewing, bulk_viewing, footage_copy, policy_version,
    programme_end,
)  # fmt: skip
# Whom the identity provider has named, so that a second person is known after a restart, too. Names, never on the log.
known_person = Table(
    "known_person",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("about", JSONB, nullable=False),
    _instant("seen_at"),
    Index("known_person_seen", "seen_at"),
)

OPERATIONAL = (viewing_session, copy_bytes, proposal, unconfirmed, live_session, known_person)
TABLES = {table.name: "projection" for table in PROJECTIONS} | {table.name: "operational" for table in OPERATIONAL}
