"""Facts for tests: the made-up example of an event with the fields that a test is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.kernel.envelope import Recorded
from services.kernel.topics import TOPICS
from services.runtime.schemas.examples import example

TOPIC_OF = {event: topic.name for topic in TOPICS for event in reversed(topic.events)}


def told(event_type: type, envelope: dict[str, Any] | None = None, **fields: Any) -> Recorded:  # noqa: ANN401 - any field
    """Return the example of an event with some of its fields, and some of its envelope's, said otherwise."""
    fact = example(event_type, TOPIC_OF[event_type])
    event: Any = fact.event
    return Recorded(envelope=replace(fact.envelope, **envelope or {}), event=replace(event, **fields))
