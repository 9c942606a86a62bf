"""A3: what lengthens binds at once; what shortens or relaxes needs a simulation, two persons and a notice period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.access.policies.commands import AdoptVersion, Approval, BindCameras
from services.access.refusals import Unusable
from services.kernel.events import (
    CameraBound,
    PolicyInForce,
    PolicyVersionAdopted,
    PolicyVersionScheduled,
    SimulationReported,
)
from services.kernel.policy import Pack
from services.kernel.policy.change import adopt, difference
from services.kernel.policy.periods import latest
from services.kernel.policy.verdicts import AdoptionVerdict

CITABLE_FOR: Final = timedelta(days=14)
"""How old a report may be when a shortening cites it: footage and requests go on in the meantime."""

REMEDIES = {
    "enacted_by": "name the instrument that enacts it",
    "scenarios_passed": "make its scenarios pass: camledger policy test",
    "simulation": "simulate it (camledger policy simulate) and name the report's digest",
    "notice": "let it take effect after the notice period",
    "effective": "say from when it takes effect",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What an adoption becomes, or the second person whom it waits for."""

    documents: tuple[PolicyVersionAdopted | PolicyVersionScheduled, ...] = ()
    in_force: PolicyInForce | None = None
    waits_for_a_second: bool = False
    shortens: tuple[str, ...] = ()
    relaxes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A report on the log with the instant at which it came there."""

    event: SimulationReported
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """The version in force, if any, and the one on offer."""

    old: Pack | None
    new: Pack


def decide_adoption(
    versions: Versions, command: AdoptVersion, report: Cited | None, seq: int, now: datetime
) -> Adoption:
    """Return the events of an adoption; raises Unusable naming what is lacking. ``report`` is the one it cites."""
    old, new = versions.old, versions.new
    if old is not None and new.version <= old.version:
        raise Unusable(
            f"version {new.version} of {new.id} is on offer and version {old.version} is in force",
            rule=old.change_control.id,
            clauses=old.change_control.clauses,
            remedy="give the new version a higher number: an adopted one is never edited",
            message=old.change_control.title,
        )
    if not command.instrument.strip() or command.scenarios_passed < 1:
        lacking = "the instrument that enacts it" if not command.instrument.strip() else "a scenario that passes"
        raise Unusable(
            f"{new.id} version {new.version} lacks {lacking}",
            rule=new.change_control.id,
            clauses=new.change_control.clauses,
            remedy=REMEDIES["enacted_by"],
            message=new.change_control.title,
        )
    verdict = _verdict(old, new, command, now)
    open_questions = tuple(each for each in verdict.missing if not each.startswith("approvals"))
    if open_questions:
        raise Unusable(
            f"{new.id} version {new.version} lacks {', '.join(open_questions)}; it shortens "
            f"{', '.join(verdict.shortens) or 'nothing'} and relaxes {', '.join(verdict.relaxes) or 'nothing'}",
            rule=verdict.rule,
            clauses=verdict.clauses,
            remedy="; ".join(REMEDIES.get(each, each) for each in open_questions),
            message=new.change_control.title,
        )
    if old is not None and (verdict.shortens or verdict.relaxes):
        _check_report(old, new, report, command.simulation_digest, now)
    if verdict.missing:
        return Adoption(waits_for_a_second=True, shortens=verdict.shortens, relaxes=verdict.relaxes)
    return _adopted(new, command, verdict, seq, now)


def _check_report(old: Pack, new: Pack, report: Cited | None, cited: str, now: datetime) -> None:
    """A report counts if it is on our log, about this very change, and young enough to show today's footage."""
    if report is None:
        named = f"{cited!r} of {new.id} is on the log" if cited else "is named"
        fault = f"no simulation report {named}"
    elif report.event.digest != new.digest:
        fault = f"report {cited} simulated version {report.event.version} with digest {report.event.digest}"
    elif report.event.against != old.digest:
        fault = f"report {cited} compares with {report.event.against or 'nothing'}, in force is {old.digest}"
    elif now - report.reported_at > CITABLE_FOR:
        fault = f"report {cited} is {(now - report.reported_at).days} days old, at most {CITABLE_FOR.days} count"
    else:
        return
    instead = f" --replaces {old.id}" if old.id != new.id else ""
    raise Unusable(
        fault,
        rule=old.change_control.id,
        clauses=old.change_control.clauses,
        remedy=f"camledger policy simulate {new.id}{instead}, then name its report's digest",
        message=old.change_control.title,
        word="SimulationNotCited",
    )


def _verdict(old: Pack | None, new: Pack, command: AdoptVersion, now: datetime) -> AdoptionVerdict:
    if old is None:
        return AdoptionVerdict(outcome="adopted", rule=new.change_control.id, clauses=new.change_control.clauses)
    facts = {
        "enacted_by": command.instrument,
        "scenarios_passed": command.scenarios_passed,
        "effective": (command.effective or now).isoformat(),
        "simulation": command.simulation_digest,
        "approvals": [{"person": each.person, "role": each.role} for each in command.approvals],
        "at": now.isoformat(),
    }
    return adopt(old, new, facts)


def _adopted(new: Pack, command: AdoptVersion, verdict: AdoptionVerdict, seq: int, now: datetime) -> Adoption:
    slowed = bool(verdict.shortens or verdict.relaxes)
    # Lengthening binds at once, whatever day the instrument names: waiting could only destroy more.
    binding_from = (command.effective or now) if slowed else now
    adopted = PolicyVersionAdopted(
        policy_id=new.id,
        version=new.version,
        digest=new.digest,
        instrument=command.instrument,
        effective_from=command.effective or now,
        shortens=verdict.shortens,
        relaxes=verdict.relaxes,
        simulation_digest=command.simulation_digest,
        approved_by=tuple(each.person for each in command.approvals),
        scenarios_passed=command.scenarios_passed,
    )
    scheduled = PolicyVersionScheduled(
        policy_id=new.id, version=new.version, digest=new.digest, binding_from=binding_from
    )
    in_force = PolicyInForce(
        seq=seq,
        policy_id=new.id,
        version=new.version,
        digest=new.digest,
        binding_from=binding_from,
        shortens=bool(verdict.shortens),
    )
    documents = (adopted, scheduled) if binding_from > now else (adopted,)
    return Adoption(documents=documents, in_force=in_force, shortens=verdict.shortens, relaxes=verdict.relaxes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What binding cameras becomes, or the second person whom it waits for."""

    events: tuple[CameraBound, ...] = ()
    waits_for_a_second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebinding:
    """The pack that cameras are to be bound to, and those that judge each now, or will from a day that is set.

    ``kept`` are the cameras that the pack binds now by their own name: for them it only takes back what is to come.
    """

    new: Pack
    before: Mapping[str, tuple[Pack, ...]]
    kept: frozenset[str] = frozenset()


def decide_binding(change: Rebinding, command: BindCameras, report: Cited | None, seq: int, now: datetime) -> Binding:
    """Return one CameraBound each for cameras that aren't bound to this pack alone.

    Binding to a pack that keeps less long is a shortening of that camera: simulation, persons, notice period, as the
    pack that is left and the one that follows ask for them. The new one's word alone could do away with all three.
    Taking back what doesn't bind yet shortens nothing, whatever the two packs are, and binds at once.
    """
    if command.cameras and command.retention_class:
        raise Unusable(
            "cameras and a class are named: a camera is bound with all of its footage",
            rule="policy.bind",
            remedy="name the cameras, or the class alone, which binds every camera that isn't bound by its own name",
        )
    new = change.new
    changed = {camera: olds for camera, olds in change.before.items() if not olds or any(o.id != new.id for o in olds)}
    left = [old for camera, olds in changed.items() if camera not in change.kept for old in olds]
    shortened = {old.id: old for old in left if difference(old, new).shortens}
    for old in shortened.values():
        _check_report(old, new, report, command.simulation_digest, now)
    asking = (new, *shortened.values())
    if shortened and not _agreed(asking, command.approvals):
        return Binding(waits_for_a_second=True)
    start = max(latest(each.change_control.notice, now, each.zone, each.readings) for each in asking)
    return Binding(
        events=tuple(
            CameraBound(
                seq=seq + offset,
                policy_id=new.id,
                camera_id=camera,
                retention_class=command.retention_class,
                binding_from=start if shortened and camera not in change.kept else now,
            )
            for offset, camera in enumerate(changed)
        )
    )


def _agreed(asking: tuple[Pack, ...], approvals: tuple[Approval, ...]) -> bool:
    """Tell whether as many persons as any of these packs wants, and one in each role that one names, want the same."""
    persons, roles = {each.person for each in approvals}, {each.role for each in approvals}
    enough = len(persons) >= max(2, *(each.change_control.approvals for each in asking))
    return enough and all(roles.issuperset(each.change_control.roles) for each in asking)
