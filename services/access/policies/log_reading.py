"""``python -m services.access.policies.log_reading``: one simulation over the broker's log, in a process of its own.

Millions of records are decoded here; the process that accepts holds must not wait for them. The question comes as JSON
on standard input, the report's canonical bytes go to standard output, a refusal as JSON to standard error with code 1.
While it reads, lines that begin with ``read`` tell there how far it has come.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from services.access.shelf import Shelf
from services.kernel.binding import PolicyBinding
from services.kernel.ids import EPOCH
from services.kernel.policy import Pack
from services.kernel.protection import OutOfOrder
from services.kernel.simulation import TOPICS_READ, History, PackMissing, Question, canonical, simulate
from services.runtime.codec import Codec
from services.runtime.kafka_read import ReadStalled, TopicMissing, read_to_end
from services.runtime.received import Received
from services.runtime.registry import open_registry
from services.runtime.settings import Settings

TOLD_EVERY: Final = 5_000


class Unreadable(Exception):
    """The log can't be folded: a simulation that leaves records out would be no proof of anything."""


def main() -> int:
    """Answer the question on standard input."""
    asked = json.load(sys.stdin)
    settings = Settings(**asked["settings"])
    try:
        report = _report(settings, asked)
    except (PackMissing, Unreadable, OutOfOrder, TopicMissing, ReadStalled) as refusal:
        json.dump({"refusal": type(refusal).__name__, "detail": str(refusal)}, sys.stderr)
        return 1
    sys.stdout.buffer.write(canonical(report))
    return 0


def _report(settings: Settings, asked: dict[str, Any]) -> dict[str, object]:
    shelf = Shelf(settings.policies, settings.home / "access" / "policies")
    pack = shelf.find(asked["policy_id"], asked["version"])
    if pack is None or pack.digest != asked["digest"]:
        raise Unreadable(f"{asked['policy_id']} version {asked['version']} isn't {asked['digest']} any more")
    as_of = datetime.fromisoformat(asked["as_of"])
    since = datetime.fromisoformat(asked["since"]) if asked["since"] else EPOCH
    question = Question(pack=pack, replaces=asked["replaces"], as_of=as_of, since=since)
    return simulate(read_history(settings, as_of), question, _packs(shelf))


def read_history(settings: Settings, until: datetime | None) -> History:
    """Fold the broker's log up to an instant. Raises Unreadable for a record that can't be decoded."""
    codec, history, count = Codec(open_registry(settings)), History(until=until), 0
    for topic in TOPICS_READ:
        _tell(topic, count)
        for record in read_to_end(settings, topic, codec):
            count += 1
            if count % TOLD_EVERY == 0:
                _tell(topic, count)
            if not isinstance(record, Received):
                raise Unreadable(f"{topic}/{record.partition}/{record.offset} can't be read: {record.reason}")
            history.apply(topic, record.recorded)
    return history


def _tell(topic: str, records: int) -> None:
    sys.stderr.write(f"read {json.dumps({'topic': topic, 'records': records})}\n")
    sys.stderr.flush()


def _packs(shelf: Shelf) -> Callable[[PolicyBinding], Pack | None]:
    def find(binding: PolicyBinding) -> Pack | None:
        found = shelf.find(binding.policy_id, binding.version)
        return found if found is not None and found.digest == binding.digest else None

    return find


if __name__ == "__main__":
    sys.exit(main())
