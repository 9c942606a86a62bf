"""Tables of retention. The wheel is partitioned by due day; a bucket is one camera, one clock hour, many segments.

Bit maps have one bit for each segment of the bucket, in the order of ``offsets_us``; NULL means that none is set.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIT

from services.runtime.tables import metadata_for

METADATA: MetaData = metadata_for("retention")


def _instant(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), primary_key=primary_key, nullable=nullable)


def _word(name: str, *, primary_key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=primary_key, nullable=False)


def _segment_key() -> tuple[Column[str], Column[object], Column[int]]:
    return (
        _word("camera_id", primary_key=True),
        _instant("started_at", primary_key=True),
        Column("generation", SmallInteger, primary_key=True, autoincrement=False),
    )


def _bucket_key() -> tuple[Column[str], Column[int], Column[int], Column[int]]:
    return (
        _word("camera_id", primary_key=True),
        Column("hour", Integer, primary_key=True, autoincrement=False),
        Column("generation", SmallInteger, primary_key=True, autoincrement=False),
        Column("chunk", Integer, primary_key=True, autoincrement=False),
    )


segment_hot = Table(
    "segment_hot",
    METADATA,
    *_segment_key(),
    _instant("ended_at"),
    _word("retention_class"),
    _word("officer"),
    _word("shift"),
    _instant("recorded_at"),
    _instant("recovery_from"),
    Column("destroyed", Boolean, nullable=False, server_default=text("false")),
    Index("segment_hot_started_at", "started_at"),
)

segment_hour = Table(
    "segment_hour",
    METADATA,
    *_bucket_key(),
    _word("retention_class"),
    _word("officer"),
    _word("shift"),
    Column("offsets_us", ARRAY(BigInteger), nullable=False),
    Column("lengths_us", ARRAY(BigInteger), nullable=False),
    Column("lags_us", ARRAY(BigInteger), nullable=False),  # recorded_at less ended_at
    Column("recoveries_us", ARRAY(BigInteger)),  # recovery_from since 1970; NULL: no segment has such a bound
    Column("queued", BIT(varying=True)),
    Column("commanded", BIT(varying=True)),
    Column("destroyed", BIT(varying=True)),
    Column("overdue", BIT(varying=True)),  # reported as overdue
    Column("past_maximum", BIT(varying=True)),  # reported as past the maximum and protected
    Column("stage", String(16), nullable=False, server_default=text("'kept'")),  # of the segment that is furthest
    _instant("due_at", nullable=True),  # next visit; an entry of the wheel with another instant is stale
    # Reckoned by the database as a row is written, so that it can't say anything else than offsets and map do.
    Column(
        "remaining",
        Integer,
        Computed("(cardinality(offsets_us) - coalesce(bit_count(destroyed), 0::bigint))::integer", persisted=True),
    ),
)
# Only buckets on their way out: what a new hold or a report looks through doesn't grow with what is kept.
Index(
    "segment_hour_moving",
    segment_hour.c.camera_id,
    segment_hour.c.hour,
    postgresql_where=text("stage NOT IN ('kept', 'gone')"),
)

# What goes next, and what is told as past its time: a page of either doesn't read the others. Days are counted from the
# first index alone.
Index(
    "segment_hour_next",
    segment_hour.c.due_at,
    segment_hour.c.camera_id,
    segment_hour.c.hour,
    postgresql_include=["stage", "remaining"],
    postgresql_where=text("stage IN ('queued', 'due', 'commanded', 'overdue')"),
)
Index(
    "segment_hour_reported",
    segment_hour.c.camera_id,
    segment_hour.c.hour,
    postgresql_where=text("overdue IS NOT NULL OR past_maximum IS NOT NULL"),
)

wheel = Table(
    "wheel",
    METADATA,
    Column("due_on", Date, primary_key=True),
    _instant("due_at", primary_key=True),
    *_bucket_key(),
    postgresql_partition_by="RANGE (due_on)",
)
# What must be looked at next whatever the day: other writers need no partition of a day to exist.
SOON_PARTITION = "CREATE TABLE IF NOT EXISTS wheel_soon PARTITION OF wheel FOR VALUES FROM (MINVALUE) TO ('2000-01-01')"
event.listen(wheel, "after_create", DDL(SOON_PARTITION))  # type: ignore[no-untyped-call]  # SQLAlchemy left it so

wheel_cursor = Table(
    "wheel_cursor",
    METADATA,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    _instant("swept_to"),
    _instant("halted_at", nullable=True),
    Column("halted_why", Text, nullable=False, server_default=text("''")),
)

held_due = Table("held_due", METADATA, Column("hold_id", Uuid, primary_key=True), *_bucket_key())

outstanding = Table(
    "outstanding",
    METADATA,
    Column("batch_id", Uuid, primary_key=True),
    _word("camera_id"),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("generation", SmallInteger, primary_key=True, autoincrement=False),
    Column("offsets_us", ARRAY(BigInteger), nullable=False),
    _instant("commanded_at"),
    Column("cleared_seq", BigInteger),
    Index("outstanding_camera_hour", "camera_id", "hour"),
)

waiting = Table(
    "waiting",
    METADATA,
    _word("camera_id", primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("generation", SmallInteger, primary_key=True, autoincrement=False),
    Column("batch_id", Uuid, primary_key=True),
    Column("part", SmallInteger, primary_key=True, autoincrement=False),  # line of the answer
    Column("offsets_us", ARRAY(BigInteger), nullable=False),
    Column("seq", BigInteger, nullable=False),
    _instant("not_before", nullable=True),
    _word("reason"),
)

receipt = Table(
    "receipt",
    METADATA,
    *_segment_key(),
    Column("batch_id", Uuid, nullable=False),
    Column("started_event", Uuid),
    _instant("started_marking_at", nullable=True),
    Column("destroyed_event", Uuid),
    _instant("destroyed_at", nullable=True),
)

trail = Table(
    "trail",
    METADATA,
    _word("camera_id", primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("generation", SmallInteger, primary_key=True, autoincrement=False),
    Column("event_id", Uuid, primary_key=True),
    Column("part", Text, primary_key=True, server_default=text("''")),  # an answer speaks of a line more than once
    _word("event_type"),
    _instant("recorded_at"),
    Column("offsets_us", ARRAY(BigInteger), nullable=False),
    Column("note", Text, nullable=False, server_default=text("''")),
)

protection_record = Table(
    "protection_record",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _word("event_type"),
    Column("value", LargeBinary),  # NULL for a clearance: it forbids nothing and there are many
)

rebucket = Table(
    "rebucket",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _word("policy_id"),
    _instant("due_from"),
)

camera = Table(
    "camera",
    METADATA,
    _word("camera_id", primary_key=True),
    _word("kind"),
    Column("version", BigInteger, nullable=False),
)
camera_place = Table(
    "camera_place", METADATA, _word("camera_id", primary_key=True), _instant("since", primary_key=True), _word("area")
)
shift_worn = Table(
    "shift_worn",
    METADATA,
    _word("device_id", primary_key=True),
    _word("shift", primary_key=True),
    _word("officer"),
    _instant("shift_from"),
    _instant("shift_to"),
    Column("incidents", ARRAY(Text), nullable=False),
    Column("version", BigInteger, nullable=False),
)

camera_fill = Table(
    "camera_fill",
    METADATA,
    _word("camera_id", primary_key=True),
    Column("stored", BigInteger, nullable=False),
    Column("window_hour", Integer, nullable=False, server_default=text("0")),
    Column("commanded", BigInteger, nullable=False, server_default=text("0")),
)

breaker = Table(
    "breaker",
    METADATA,
    _word("camera_id", primary_key=True),  # empty: the whole installation
    _instant("tripped_at"),
    _word("limit"),
    Column("counted", BigInteger, nullable=False),
    Column("proposed_by", Text, nullable=False, server_default=text("''")),
)

stream_version = Table(
    "stream_version", METADATA, _word("stream_id", primary_key=True), Column("version", BigInteger, nullable=False)
)

# One line per segment, however it is packed: equal to a table with a row per segment. What is gone was once queued and
# commanded; a database that was restored doesn't know it, and nothing follows from it.
SEGMENT_VIEW = """
CREATE OR REPLACE VIEW segment AS
SELECT b.camera_id, b.hour, b.generation,
       to_timestamp(0) + b.hour * interval '1 hour' + u.o * interval '1 microsecond' AS started_at,
       to_timestamp(0) + b.hour * interval '1 hour' + (u.o + u.l) * interval '1 microsecond' AS ended_at,
       b.retention_class, b.officer, b.shift,
       to_timestamp(0) + b.hour * interval '1 hour' + (u.o + u.l + u.g) * interval '1 microsecond' AS recorded_at,
       to_timestamp(0) + coalesce(u.r, 0) * interval '1 microsecond' AS recovery_from,
       coalesce(get_bit(b.queued, u.i::int - 1) = 1, false)
           AND NOT coalesce(get_bit(b.destroyed, u.i::int - 1) = 1, false) AS queued,
       coalesce(get_bit(b.commanded, u.i::int - 1) = 1, false)
           AND NOT coalesce(get_bit(b.destroyed, u.i::int - 1) = 1, false) AS commanded,
       coalesce(get_bit(b.destroyed, u.i::int - 1) = 1, false) AS destroyed
  FROM segment_hour b,
       LATERAL unnest(b.offsets_us, b.lengths_us, b.lags_us, b.recoveries_us) WITH ORDINALITY u(o, l, g, r, i)
UNION ALL
SELECT h.camera_id, floor(extract(epoch FROM h.started_at) / 3600)::int, h.generation, h.started_at, h.ended_at,
       h.retention_class, h.officer, h.shift, h.recorded_at, h.recovery_from, false, false, h.destroyed
  FROM segment_hot h
 WHERE NOT EXISTS (SELECT FROM segment_hour b
                    WHERE b.camera_id = h.camera_id AND b.generation = h.generation
                      AND b.hour = floor(extract(epoch FROM h.started_at) / 3600)::int
                      AND (extract(epoch FROM h.started_at) * 1000000)::bigint - b.hour * 3600000000::bigint
                          = ANY (b.offsets_us))
"""
event.listen(METADATA, "after_create", DDL(SEGMENT_VIEW))  # type: ignore[no-untyped-call]  # as above
