"""Every table of ingest, and the class of each: projection (rebuilt from the log), operational, or vault (none here).

Instants inside the catalog are whole microseconds since 1970, so that arrays, hours and digests are exact.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, UUID
from sqlalchemy.schema import Table

from services.runtime.tables import RUNTIME_TABLES, metadata_for

METADATA = metadata_for("ingest")
INSTANT = TIMESTAMP(timezone=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text("''"))


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _micros(name: str, *, primary_key: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=primary_key, nullable=False, autoincrement=False)


# The last version of each stream that ingest writes. A segment stream has a row only once it is past its version 1.
stream = Table("stream", METADATA, _key("stream_id"), Column("version", Integer, nullable=False))

# Registry: what is filed about cameras, devices and shifts.
camera = Table(
    "camera",
    METADATA,
    _key("camera_id"),
    Column("kind", Text, nullable=False),
    Column("agency", Text, nullable=False),
    _text("area"),
    _text("place"),
    _text("direction"),
    Column("mask_areas", JSONB, nullable=False),
    _text("device_owner"),
    Column("field_values", JSONB, nullable=False),
    Column("registered_at", INSTANT, nullable=False),
    Column("retired_at", INSTANT),
)
camera_place = Table(
    "camera_place",
    METADATA,
    _key("camera_id"),
    _micros("from_us", primary_key=True),
    _text("area"),
    _text("place"),
    _text("direction"),
)
camera_note = Table(
    "camera_note", METADATA, _key("event_id"), _text("camera_id"), _text("kind"), Column("body", JSONB, nullable=False)
)
mask = Table(
    "mask",
    METADATA,
    _key("camera_id"),
    _key("mask_version"),
    Column("areas", JSONB, nullable=False),
    Column("valid_from", INSTANT, nullable=False),
    _text("attested_by"),
)
takeover = Table(
    "takeover",
    METADATA,
    _key("takeover_id"),
    _text("camera_id"),
    _text("source"),
    Column("footage_from", INSTANT, nullable=False),
    Column("footage_to", INSTANT, nullable=False),
    _text("attested_by"),
    _text("recovery_waived_by"),
)
shift = Table(
    "shift",
    METADATA,
    _key("device_id"),
    _key("shift"),
    _text("officer"),
    _micros("from_us"),
    _micros("to_us"),
    Column("incidents", JSONB, nullable=False),
)

# Catalog: the open hour and anything late is one row a segment, a closed hour one row with arrays (docs: README).
segment_attr = Table(
    "segment_attr",
    METADATA,
    Column("attr_id", Integer, primary_key=True),
    *(_text(name) for name in ("retention_class", "container", "codec", "clock_source", "source_id", "treatment")),
    *(_text(name) for name in ("shift", "officer", "mask_version")),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("has_audio", Boolean, nullable=False),
)
ATTRIBUTES = tuple(column.name for column in segment_attr.columns if column.name != "attr_id")
Index("segment_attr_once", *(segment_attr.c[name] for name in ATTRIBUTES), unique=True)

segment_hot = Table(
    "segment_hot",
    METADATA,
    _key("camera_id"),
    _micros("started_us", primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("hour", Integer, nullable=False),
    _micros("ended_us"),
    Column("attr_id", Integer, nullable=False),
    _micros("size_bytes"),
    Column("sha256", LargeBinary, nullable=False),
    _micros("arrived_us"),
    _micros("recorded_us"),
    _micros("recovery_us"),
    Column("location", Text, nullable=False),
    Index("segment_hot_hour", "hour"),
)
segment_hour = Table(
    "segment_hour",
    METADATA,
    _key("camera_id"),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    _micros("chunk", primary_key=True),  # first offset: a late fold becomes a chunk of its own
    Column("attr_id", Integer, nullable=False),
    Column("folder", Text, nullable=False),
    *(
        Column(name, ARRAY(BigInteger), nullable=False)
        for name in ("offsets_us", "durations_us", "sizes", "arrived_us", "recorded_us", "recovery_us")
    ),
    Column("names", ARRAY(Text), nullable=False),
    Column("sha256", LargeBinary, nullable=False),  # 32 bytes a segment, in the order of the offsets
    # Reckoned from the arrays by the database itself as a row is written: they can't say anything else than those do.
    Column("segments", Integer, Computed("cardinality(offsets_us)", persisted=True)),
    Column(
        "ends_us",  # of its last segment, from the start of the hour
        BigInteger,
        Computed("offsets_us[cardinality(offsets_us)] + durations_us[cardinality(durations_us)]", persisted=True),
    ),
    Column(
        "filmed_us", BigInteger, Computed("functions.array_sum(durations_us)", persisted=True)
    ),  # without the breaks
    Index("segment_hour_folder", "folder"),  # from a file in a store back to its segment
)
# What a page of months asks of each hour, without the rows that the arrays make wide.
Index(
    "segment_hour_counted",
    segment_hour.c.camera_id,
    segment_hour.c.hour,
    postgresql_include=["generation", "chunk", "segments", "ends_us", "filmed_us"],
)
# A generated column has room for a function, not for a sum over unnest. In a schema of its own: where a shadow takes
# the place of the live tables and goes, a function beside them would go too, and the column with it.
ARRAY_SUM = """
do $make$ begin
  if to_regprocedure('functions.array_sum(bigint[])') is null then
    create schema if not exists functions;
    create function functions.array_sum(bigint[]) returns bigint language sql immutable parallel safe
      return (select coalesce(sum(each), 0)::bigint from unnest($1) each);
  end if;
end $make$
"""
event.listen(segment_hour, "before_create", DDL(ARRAY_SUM))  # type: ignore[no-untyped-call]  # SQLAlchemy left it so

# Only segments that left ``kept`` have a row here.
segment_state = Table(
    "segment_state",
    METADATA,
    _key("camera_id"),
    _micros("started_us", primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),  # destroying or gone
    Column("batch_id", UUID(as_uuid=True)),
    Column("mark_seq", BigInteger, nullable=False),
    Column("destroyable_from", INSTANT),
    Column("receipt", JSONB),
    # What stands how is read from the key's index: beside a receipt, rows are too wide to be counted by the month.
    PrimaryKeyConstraint("camera_id", "started_us", "generation", postgresql_include=["state"]),
    Index("segment_state_destroying", "camera_id", postgresql_where=text("state = 'destroying'")),
)
segment_copy = Table(
    "segment_copy",
    METADATA,
    _key("camera_id"),
    _micros("started_us", primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    _key("location"),  # "<store>:<location>"
    Column("sha256", LargeBinary, nullable=False),
)
# Clips of it that left for an evidence repository: what a receipt must name as out of reach.
segment_transfer = Table(
    "segment_transfer",
    METADATA,
    _key("camera_id"),
    _micros("started_us", primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    _key("repository_id"),
    _key("case_number"),
)
refusal = Table(
    "refusal",
    METADATA,
    _key("stream_id"),
    _text("camera_id"),
    _text("refusal"),
    Column("body", JSONB, nullable=False),
    Column("recorded_at", INSTANT, nullable=False),
    # Both are listed newest first, of one camera or of all, and grow with the years.
    Index("refusal_newest", "recorded_at"),
    Index("refusal_newest_of_camera", "camera_id", "recorded_at"),
)
gap = Table(
    "gap",
    METADATA,
    _key("camera_id"),
    _micros("from_us", primary_key=True),
    _micros("to_us"),
    _text("found_by"),
    Index("gap_newest", "from_us"),
)

# Read from policy.events: after its end a programme takes nothing in (SPD-02).
programme_end = Table("programme_end", METADATA, _key("policy_id"), Column("ended_at", INSTANT, nullable=False))

# Custody's copy of the protection log and its answers.
protection_log = Table(
    "protection_log",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("log_offset", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
)
hold_answer = Table(
    "hold_answer",
    METADATA,
    _key("hold_id"),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("recorded_us", BigInteger, nullable=False),
)

# Operational: rebuilt or emptied at start, never from the log.
custody_start = Table(
    "custody_start",
    METADATA,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("start_id", UUID(as_uuid=True), nullable=False),
    Column("gate_offset", BigInteger, nullable=False),
    Column("started_at", INSTANT, nullable=False),
)
custody_position = Table(
    "custody_position",
    METADATA,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("log_offset", BigInteger, nullable=False),
    Column("unread", Integer, nullable=False),  # records since ``seq`` whose own seq couldn't be read
    Column("reloads", Integer, nullable=False),  # raised when a settled record was put in behind ``seq``
)
parked = Table(
    "parked",
    METADATA,
    _key("parked_id"),
    _text("hold_id"),
    Column("log_offset", BigInteger, nullable=False),
    Column("scope", JSONB),
    Column("raw", LargeBinary, nullable=False),
    Column("seq", BigInteger),  # of a readable record that waits behind an unreadable one
    _text("error"),
    _text("proposed_by"),
    _text("how"),
    Column("settled_at", INSTANT),
    Index("parked_open", "log_offset", postgresql_where=text("settled_at is null")),
)
batch = Table(
    "batch",
    METADATA,
    Column("batch_id", UUID(as_uuid=True), primary_key=True),
    Column("camera_id", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("start_id", UUID(as_uuid=True), nullable=False),
    Column("closed_at", INSTANT),
    Index("batch_open", "seq", postgresql_where=text("closed_at is null")),
)
batch_line = Table(
    "batch_line",
    METADATA,
    Column("batch_id", UUID(as_uuid=True), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("camera_id", Text, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("offsets_us", ARRAY(BigInteger), nullable=False),
    Column("answers", JSONB),
)
# Filled only by reading DestructionStarted back from the log: what stands here is known outside this database (F9).
destruction_due = Table(
    "destruction_due",
    METADATA,
    _key("camera_id"),
    _micros("started_us", primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("tried_at", INSTANT),  # what a store refused waits behind what wasn't tried yet
)
# The manifest of a destruction under way: a killed deleter goes on where it was, and forgets no place and no version.
destruction_place = Table(
    "destruction_place",
    METADATA,
    _key("camera_id"),
    _micros("started_us", primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    _key("place"),  # "<store>:<location>"
    Column("what", Text, nullable=False),
    Column("versions", ARRAY(Text), nullable=False),
    Column("absent_at", INSTANT),
)
# Legal holds that we put on objects in a bucket. What others put there has no row, and isn't ours to lift.
legal_hold = Table(
    "legal_hold",
    METADATA,
    _key("place"),  # "<store>:<location>"
    _text("camera_id"),
    _micros("started_us"),
    Column("generation", Integer, nullable=False),
    Column("put_at", INSTANT, nullable=False),
    Index("legal_hold_segment", "camera_id", "started_us"),
)
intake_journal = Table(
    "intake_journal",
    METADATA,
    Column("intake_id", UUID(as_uuid=True), primary_key=True),
    Column("location", Text, nullable=False, unique=True),
    Column("segment", JSONB, nullable=False),
    Column("begun_at", INSTANT, nullable=False),
)
replica_due = Table(
    "replica_due",
    METADATA,
    _key("camera_id"),
    _micros("started_us", primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
)
# What each source delivered. Its settings stand in a file; these lines only say how it is doing.
source_state = Table(
    "source_state",
    METADATA,
    _key("source_id"),
    Column("since", INSTANT, nullable=False),
    Column("arrived_at", INSTANT),  # the last file, whatever became of it
    Column("taken", BigInteger, nullable=False, server_default=text("0")),
    _text("last_taken"),
    Column("refused", BigInteger, nullable=False, server_default=text("0")),
    _text("last_refused"),
    _text("refusal"),
    Column("waiting", Integer, nullable=False, server_default=text("0")),
    Column("watched_at", INSTANT),  # when a watcher last said that it looks at the folder
)
# Where catalog and storage differ now; a line goes when the difference is mended, and comes again with the next look.
difference = Table(
    "difference",
    METADATA,
    _key("location"),  # "<store>:<location>"
    _key("difference"),
    _text("camera_id"),
    _micros("started_us"),
    Column("generation", Integer, nullable=False),
    Column("found_at", INSTANT, nullable=False),
)
# Which store is ours, by the id in its marker: with the same name, another installation's looks just like it.
store_identity = Table(
    "store_identity",
    METADATA,
    _key("store"),
    Column("id", Text, nullable=False),
    Column("remembered_at", INSTANT, nullable=False, server_default=text("now()")),
)
store_state = Table("store_state", METADATA, _key("store"), Column("exhausted_since", INSTANT))

VIEWS = (
    """
create view segment as
select h.camera_id, h.hour, h.hour * 3600000000::bigint + u.o as started_us,
       h.hour * 3600000000::bigint + u.o + u.d as ended_us, h.generation,
       a.retention_class, u.s as size_bytes, substr(h.sha256, (32 * u.i - 31)::int, 32) as sha256,
       a.container, a.codec, a.width, a.height, a.has_audio, a.clock_source, a.source_id, a.treatment,
       a.shift, a.officer, a.mask_version, u.ar as arrived_us, u.re as recorded_us, u.rc as recovery_us,
       h.folder || u.n as location
  from segment_hour h
  join segment_attr a using (attr_id),
       lateral unnest(h.offsets_us, h.durations_us, h.sizes, h.arrived_us, h.recorded_us, h.recovery_us, h.names)
               with ordinality as u(o, d, s, ar, re, rc, n, i)
union all
select s.camera_id, s.hour, s.started_us, s.ended_us, s.generation,
       a.retention_class, s.size_bytes, s.sha256,
       a.container, a.codec, a.width, a.height, a.has_audio, a.clock_source, a.source_id, a.treatment,
       a.shift, a.officer, a.mask_version, s.arrived_us, s.recorded_us, s.recovery_us, s.location
  from segment_hot s
  join segment_attr a using (attr_id)
""",
)

# segment_hot, segment_hour and segment_attr are two packings of one projection: its digest is taken over the view.
TABLES: dict[str, str] = {
    **dict.fromkeys(("stream", "camera", "camera_place", "camera_note", "mask", "takeover", "shift"), "projection"),
    **dict.fromkeys(("segment", "segment_state", "segment_copy", "segment_transfer"), "projection"),
    **dict.fromkeys(("refusal", "gap"), "projection"),
    **dict.fromkeys(("programme_end", "protection_log", "hold_answer"), "projection"),
    **dict.fromkeys(("segment_attr", "segment_hot", "segment_hour"), "packing"),
    **dict.fromkeys(("custody_start", "custody_position", "parked", "batch", "batch_line"), "operational"),
    **dict.fromkeys(("destruction_due", "intake_journal", "replica_due"), "operational"),
    **dict.fromkeys(("store_identity", "store_state"), "operational"),
    **dict.fromkeys(("destruction_place", "legal_hold", "source_state", "difference"), "operational"),
    **dict.fromkeys(RUNTIME_TABLES, "operational"),
}
