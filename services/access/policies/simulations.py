"""Simulations of this installation: run beside the service, kept by digest, on the log where they may be cited."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.ledger import Desk, history
from services.access.policies.decider import Cited
from services.access.protections.wording import iso
from services.access.refusals import AccessRefusal, Unknown, Unreachable
from services.kernel.envelope import Actor
from services.kernel.events import SimulationReported
from services.kernel.policy import Pack
from services.runtime.settings import Settings

RUNS_FOR_S: Final = 1_800.0
KEPT_RUNS_MAX: Final = 100
READ: Final = b"read "  # how a line of the reader begins that tells how far it has come
SAID_MAX: Final = 64 * 1024  # of what a reader that fails writes, the end


class Busy(AccessRefusal):
    """One simulation at a time: it reads the whole log."""

    says = "Another simulation runs"


class NotSimulated(AccessRefusal):
    """The log, as it stands, can't be simulated."""

    says = "The log could not be simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question: the version on offer; with another date or start it is a what-if that no adoption may cite.

    ``replaces`` names another policy, in whose place it stands: what binding that policy's cameras to it would do.
    ``adopted`` asks what a version that was adopted before would do now: a what-if, too.
    """

    pack: Pack
    replaces: str = ""
    as_of: datetime | None = None
    since: datetime | None = None
    adopted: bool = False

    @property
    def citable(self) -> bool:
        return self.as_of is None and self.since is None and not self.adopted


@dataclass(slots=True)
class Progress:
    """How far a run has come: the topic that its reader is at, and the records that it has read of all."""

    asked: Asked
    topic: str = ""
    records: int = 0


@dataclass(slots=True)
class Simulations:
    """The runs of this process; their reports lie as files under their digests."""

    settings: Settings
    desk: Desk
    runs: dict[UUID, asyncio.Task[dict[str, Any]]] = field(default_factory=dict)
    progress: dict[UUID, Progress] = field(default_factory=dict)

    def start(self, engine: AsyncEngine, asked: Asked, actor: Actor) -> UUID:
        """Begin a simulation and return its id. Raises Busy."""
        going = next((run for run, task in self.runs.items() if not task.done()), None)
        if going is not None:
            raise Busy(f"simulation {going} runs", rule="policy.simulate", remedy="ask for it, then ask again")
        for old in list(self.runs)[:-KEPT_RUNS_MAX]:
            del self.runs[old], self.progress[old]
        run = uuid4()
        self.progress[run] = Progress(asked)
        self.runs[run] = asyncio.create_task(self._run(engine, self.progress[run], actor), name=f"simulation-{run}")
        return run

    async def wait(self, run: UUID, seconds: float) -> dict[str, Any] | None:
        """Return what a run found, None if it still goes on after ``seconds``. Raises what it raised."""
        task = self.runs.get(run)
        if task is None:
            raise Unknown(f"no simulation {run} in this process", remedy="start it again: the log is still there")
        done, _ = await asyncio.wait({task}, timeout=seconds)
        return task.result() if done else None

    def report(self, digest: str) -> bytes:
        """Return the bytes of a report: their sha256 is the digest."""
        path = self._path(digest)
        if not digest.isalnum() or not path.is_file():
            raise Unknown(f"no report {digest!r} is kept here", remedy="run the simulation again")
        return path.read_bytes()

    async def _run(self, engine: AsyncEngine, progress: Progress, actor: Actor) -> dict[str, Any]:
        asked = progress.asked
        async with engine.connect() as tx:
            now = await self.desk.clock(tx)
        content = await self._child(progress, now)
        digest, report = sha256(content).hexdigest(), json.loads(content)
        self._keep(digest, content)
        if asked.citable:
            await self._tell(engine, _event(asked.pack, now, digest, report), actor)
        return {"policy_id": asked.pack.id, "report_digest": digest, "citable": asked.citable, "report": report}

    async def _child(self, progress: Progress, now: datetime) -> bytes:
        child = await _reader()
        try:
            async with asyncio.timeout(RUNS_FOR_S):
                out, said = await _heard(child, json.dumps(self._question(progress.asked, now)).encode(), progress)
        except (TimeoutError, asyncio.CancelledError):
            child.kill()
            await child.wait()
            raise
        if child.returncode:
            raise _refused(child.returncode, said)
        return out

    def _question(self, asked: Asked, now: datetime) -> dict[str, object]:
        return {
            "settings": self.settings.model_dump(mode="json"),
            "policy_id": asked.pack.id,
            "version": asked.pack.version,
            "digest": asked.pack.digest,
            "replaces": asked.replaces,
            "as_of": iso(asked.as_of or now),
            "since": iso(asked.since),
        }

    async def _tell(self, engine: AsyncEngine, event: SimulationReported, actor: Actor) -> None:
        async with engine.begin() as tx:
            ledger = await self.desk.ledger(tx, actor)
            await ledger.append(f"policy/{event.policy_id}", event, event.policy_id)

    def _keep(self, digest: str, content: bytes) -> None:
        target = self._path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(f".{uuid4().hex}")
        unfinished.write_bytes(content)
        unfinished.rename(target)

    def _path(self, digest: str) -> Path:
        return self.settings.home / "access" / "simulations" / f"{digest}.json"


async def _reader() -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "services.access.policies.log_reading"]
    return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe, limit=SAID_MAX)


async def _heard(child: asyncio.subprocess.Process, question: bytes, progress: Progress) -> tuple[bytes, bytes]:
    """Return what the reader answers and what it says besides; how far it has come is noted on the way."""
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdin.write(question)
    child.stdin.close()
    out, said = await asyncio.gather(child.stdout.read(), _listened(child.stderr, progress))
    await child.wait()
    return out, said


async def _listened(said: asyncio.StreamReader, progress: Progress) -> bytes:
    """Note each line that tells how far the reader has come; return the end of everything else."""
    kept, rest = b"", b""
    while part := await said.read(SAID_MAX):
        *lines, rest = (rest + part).split(b"\n")
        if told := [line for line in lines if line.startswith(READ)]:
            last = json.loads(told[-1][len(READ) :])
            progress.topic, progress.records = last["topic"], last["records"]
        kept = b"".join([kept, *(line + b"\n" for line in lines if not line.startswith(READ))])[-SAID_MAX:]
    return kept + rest[-SAID_MAX:]


async def cited(tx: AsyncConnection, desk: Desk, policy_id: str, digest: str) -> Cited | None:
    """Return the report that an adoption cites, None if none with this digest is on the log."""
    if not digest:
        return None
    for record in await history(tx, desk.codec, f"policy/{policy_id}"):
        if isinstance(record.event, SimulationReported) and record.event.report_digest == digest:
            return Cited(event=record.event, reported_at=record.envelope.recorded_at)
    return None


def _event(pack: Pack, as_of: datetime, digest: str, report: dict[str, Any]) -> SimulationReported:
    earlier = report["totals"]["earlier"]
    return SimulationReported(
        policy_id=pack.id,
        version=pack.version,
        digest=pack.digest,
        against=report["in_force"],
        as_of=as_of,
        report_digest=digest,
        segments=earlier["segments"],
        size_bytes=earlier["bytes"],
        cameras=earlier["cameras"],
        requests=_hit(report["requests"]),
        holds=_hit(report["holds"]),
    )


def _hit(protections: list[dict[str, Any]]) -> int:
    return sum(1 for each in protections if each["lost"]["segments"])


def _refused(code: int, said: bytes) -> AccessRefusal:
    try:
        told = json.loads(said)
        detail, kind = told["detail"], told["refusal"]
    except (ValueError, KeyError, TypeError):
        detail, kind = said.decode("utf-8", "replace")[-500:] or f"the reader ended with code {code}", "ReaderFailed"
        return Unreachable(detail, rule="policy.simulate", remedy="look at the service's log", word=kind)
    remedy = "put the missing version's files into the folder of packs, or settle what can't be read"
    return NotSimulated(detail, rule="policy.simulate", remedy=remedy, word=kind)
