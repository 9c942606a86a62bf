"""One live project as its decisions left it: folded from its stream, with what each decision laid down. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from services.kernel.envelope import Recorded
from services.kernel.events import ProjectDecided
from services.kernel.policy import Pack
from services.kernel.policy.chains import open_steps, replay, steps_of

CHAIN: Final = "chain.project"
DECISIONS: Final = ("group", "lead_decision", "police_consent", "members", "set_permissions")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """Decisions in the order in which they were made; ``said`` holds the newest of each that still stands."""

    project_id: str
    policy_id: str = ""
    done: tuple[dict[str, object], ...] = ()
    said: Mapping[str, ProjectDecided] = field(default_factory=dict)

    @property
    def record(self) -> dict[str, Any]:
        """The project's record: name, purpose and whatever else the pack asks for."""
        group = self.said.get("group")
        return {each.name: json.loads(each.value) for each in group.values} if group is not None else {}

    @property
    def cameras(self) -> tuple[str, ...]:
        return self._said("police_consent", "cameras")

    @property
    def members(self) -> tuple[str, ...]:
        return self._said("members", "members")

    @property
    def networks(self) -> tuple[str, ...]:
        return self._said("set_permissions", "networks")

    @property
    def period(self) -> tuple[datetime | None, datetime | None]:
        """Where it begins and ends; nothing before the fifth decision."""
        fifth = self.said.get("set_permissions")
        return (None, None) if fifth is None else (fifth.period_from, fifth.period_to)

    def open_steps(self, pack: Pack) -> tuple[str, ...]:
        """Return the decisions that are still to be made."""
        return open_steps(pack.chains[CHAIN], {"done": list(self.done)})

    def facts(self) -> dict[str, object]:
        """Return what the policy is told of a project when somebody opens a picture under it."""
        starts, ends = self.period
        told: dict[str, object] = {"id": self.project_id, "purpose": self.record.get("purpose", "")}
        told |= {"members": list(self.members), "allowlist": list(self.networks)}
        told |= {name: at.isoformat() for name, at in (("from", starts), ("to", ends)) if at is not None}
        return {"project": told, "done": list(self.done)}

    def _said(self, decision: str, what: str) -> tuple[str, ...]:
        found = self.said.get(decision)
        return tuple(getattr(found, what)) if found is not None else ()


def fold(project_id: str, past: Iterable[Recorded], pack: Pack | None = None) -> ProjectFile:
    """Return a project from its stream; ``pack`` says which decisions a withdrawal takes back with it."""
    records = [each for each in past if isinstance(each.event, ProjectDecided)]
    events = [each.event for each in records if isinstance(each.event, ProjectDecided)]
    done = tuple(entry(event) for event in events)
    newest = {event.decision: event for event in events if not event.withdrawn}
    standing = _standing(pack, done) if pack is not None else frozenset(newest)
    policy_id = records[0].envelope.policy_version.partition("@")[0] if records else ""
    said = {name: event for name, event in newest.items() if name in standing}
    return ProjectFile(project_id=project_id, policy_id=policy_id, done=done, said=said)


def entry(event: ProjectDecided) -> dict[str, object]:
    """Return a decision as the policy kernel replays it."""
    told: dict[str, object] = {"step": event.decision, "person": event.person, "role": event.role}
    return told | ({"withdrawn": True} if event.withdrawn else {})


def _standing(pack: Pack, done: Iterable[dict[str, object]]) -> frozenset[str]:
    chain = pack.chains.get(CHAIN)
    if chain is None:
        return frozenset()
    facts = {"done": list(done)}
    return frozenset(replay(chain, steps_of(chain, facts), facts).signed)
