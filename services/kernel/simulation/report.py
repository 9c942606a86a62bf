"""The simulation report: another version, or another date, against what the log's own versions asked for.

One function answers for every segment, whichever version it is asked with; that is why the version in force, simulated,
differs from itself in nothing. The report's bytes are canonical: the same log and question give the same digest.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Final

from services.kernel.events import ProtectionKind
from services.kernel.ids import EPOCH, from_micros
from services.kernel.policy import Pack
from services.kernel.simulation.epochs import Packs
from services.kernel.simulation.history import History
from services.kernel.simulation.run import AT_ONCE, CONSIDERED, GONE_BECOMES, GONE_WAS, Question, Run
from services.kernel.simulation.tally import CameraTally, Change, Hit, iso

FORMAT: Final = "camledger.simulation/1"
TOTALS: Final = (CONSIDERED, *Change, AT_ONCE, GONE_WAS, GONE_BECOMES)


def simulate(history: History, question: Question, packs: Packs) -> dict[str, object]:
    """Return the report. Raises PackMissing when the log names a version that ``packs`` doesn't have."""
    run = Run(history, question, packs)
    run.go()
    return {
        "format": FORMAT,
        **_asked(run),
        "log": _log(history),
        "totals": {str(name): run.totals.of(name) for name in TOTALS},
        **_protections(run),
        "reality": run.reality.to_json(),
        "cameras": [_camera(camera_id, tally) for camera_id, tally in run.cameras.items()],
    }


def _asked(run: Run) -> dict[str, object]:
    question, differs = run.question, run.differs
    return {
        "policy": _told(question.pack),
        "replaces": question.policy_id,
        "against": [_told(each) for each in sorted(run.against.values(), key=lambda p: (p.version, p.digest))],
        "in_force": run.old.digest if run.old else "",
        "shortens": list(differs.shortens) if differs else [],
        "relaxes": list(differs.relaxes) if differs else [],
        "since": iso(question.since.astimezone(UTC)) if question.since > EPOCH else "",
        "as_of": iso(run.as_of.astimezone(UTC)),
        "zone": question.pack.zone.key,
    }


def _log(history: History) -> dict[str, object]:
    return {
        "records": dict(sorted(history.records.items())),
        "protection_seq": history.log.seq,
        "last_recorded_at": iso(history.last_at) if history.last_at else "",
    }


def _protections(run: Run) -> dict[str, object]:
    hits = [hit for hit in run.hits.values() if hit.lost.segments or hit.held_back]
    hits.sort(key=lambda hit: (hit.life.placed_at, hit.life.hold_id))
    return {"requests": _hits(hits, requests=True), "holds": _hits(hits, requests=False)}


def _hits(hits: Iterable[Hit], *, requests: bool) -> list[dict[str, object]]:
    return [_hit(hit) for hit in hits if (hit.life.last.kind == ProtectionKind.REQUEST) is requests]


def _hit(hit: Hit) -> dict[str, object]:
    last, lost = hit.life.last, hit.lost
    return {
        "hold_id": str(last.hold_id),
        "kind": last.kind,
        "hold_kind": last.hold_kind,
        "request_id": last.request_id,
        "matter": last.matter,
        "placed_at": iso(hit.life.placed_at),
        "protects_until": iso(last.protects_until) if last.protects_until else "",
        "lost": {
            "segments": lost.segments,
            "bytes": lost.size_bytes,
            "hours": len(hit.hours),
            "cameras": sorted(hit.cameras),
            "from": iso(from_micros(hit.first)) if hit.first is not None else "",
            "to": iso(from_micros(hit.last)) if hit.last is not None else "",
        },
        "held_back": hit.held_back,
    }


def _camera(camera_id: str, tally: CameraTally) -> dict[str, object]:
    days = [[day.isoformat(), was, becomes] for day, (was, becomes) in sorted(tally.days.items())]
    amounts = {str(name): tally.ledger.of(name) for name in Change}
    for amount in amounts.values():
        amount.pop("cameras")
    return {"camera_id": camera_id, **amounts, "days": days}


def _told(pack: Pack) -> dict[str, object]:
    return {"policy_id": pack.id, "version": pack.version, "digest": pack.digest}
