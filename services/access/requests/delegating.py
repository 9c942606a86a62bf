"""May this person hand a signature on, or take it back? Pure: pack, file and clock in, an event or a refusal out."""

from __future__ import annotations

from datetime import datetime

from services.access.refusals import NotEntitled, Unusable
from services.access.requests.chain import step_of
from services.access.requests.commands import DelegateStep, RevokeDelegation, Signatory
from services.access.requests.file import RequestFile
from services.access.requests.terms import must_be_open
from services.kernel.events import DelegationRevoked, StepDelegated
from services.kernel.policy import Pack
from services.kernel.policy.rules import Step


def decide_delegation(pack: Pack, file: RequestFile, command: DelegateStep, now: datetime) -> StepDelegated:
    """Return the delegation; the giver must be entitled himself, so a delegation is one level deep."""
    must_be_open(file, now)
    assert file.submitted is not None
    chosen = step_of(pack, file, command.step)
    if chosen is None or chosen.delegable < 1:
        raise Unusable(
            f"step {command.step} of {file.submitted.chain} can't be delegated",
            rule=file.submitted.chain,
            remedy="whoever holds the role signs himself",
        )
    if not _entitled(pack, chosen, command.by):
        raise NotEntitled(
            f"{command.by.person} may not sign step {command.step}, so he can't delegate it either",
            rule=chosen.id,
            clauses=chosen.clauses,
            remedy=f"a person with the role {' or '.join(sorted(chosen.roles))} delegates",
            roles=chosen.roles,
        )
    _dated(command, now)
    return StepDelegated(
        request_id=file.request_id,
        step=command.step,
        by=command.by.person,
        to=command.to,
        valid_from=command.valid_from,
        valid_to=command.valid_to,
        rank=command.by.rank,
    )


def decide_revocation(file: RequestFile, command: RevokeDelegation) -> DelegationRevoked:
    """Return the end of a delegation; whoever gave it takes it back, and what was signed under it stands."""
    must_be_open(file, None)
    given = [each.event for each in file.delegations if (each.event.step, each.event.to) == (command.step, command.to)]
    if not any(event.by == command.by.person for event in given):
        raise NotEntitled(
            f"{command.by.person} delegated step {command.step} to nobody of that name",
            rule="request.delegation",
            remedy="whoever gave a delegation takes it back",
        )
    return DelegationRevoked(request_id=file.request_id, step=command.step, by=command.by.person, to=command.to)


def _entitled(pack: Pack, chosen: Step, by: Signatory) -> bool:
    if by.roles & chosen.roles:
        return True
    if not chosen.min_rank or by.rank not in pack.ranks:
        return False
    return pack.ranks.index(by.rank) >= pack.ranks.index(chosen.min_rank)


def _dated(command: DelegateStep, now: datetime) -> None:
    if not command.valid_from < command.valid_to or command.valid_to <= now:
        raise Unusable(
            f"the delegation runs from {command.valid_from.isoformat()} to {command.valid_to.isoformat()}",
            rule="request.delegation",
            remedy="give a time that ends after it begins and isn't over",
        )
    if command.to == command.by.person:
        raise Unusable("nobody delegates to himself", rule="request.delegation", remedy="name another person")
