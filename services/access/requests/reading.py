"""Who may read a request, and who may read what it says of its applicant; shared by every page that shows one."""

from __future__ import annotations

from typing import Final

from fastapi import Request

from services.access.asking import desk_of, engine_of, uuid_of, vault_of
from services.access.refusals import Unknown
from services.access.requests import listing, telling
from services.access.requests.file import RequestFile
from services.access.requests.packs import pack_of
from services.access.vault.personal import Personal
from services.kernel.policy import Pack
from services.runtime.identity import Person

READERS: Final = frozenset({"auditor", "ethics_office", "legal_counsel", "mayor_counsel"})


async def file_for(request: Request, request_id: str, who: Person) -> tuple[RequestFile, Pack]:
    """Return a request and its pack. Raises Unknown for another person's to whoever sees only his own."""
    identity = uuid_of(request_id, "request")
    async with engine_of(request).connect() as tx:
        file = await listing.load(tx, desk_of(request).codec, identity)
        head = file.submitted or file.refused
        if head is None or (who.roles <= telling.SEES_OWN_ONLY and head.requester != who.person_id):
            raise Unknown(f"no request {request_id}", remedy="list your requests: GET /api/v1/requests")
        return file, pack_of(desk_of(request), file)


async def personal_of(request: Request, file: RequestFile) -> dict[str, Personal] | None:
    """Return what the vault holds of a request; nothing for a form without a name, None if the key is destroyed."""
    if file.submitted is None or not file.submitted.personal_ref:
        return {}
    return await vault_of(request).show(file.personal[-1].key_id, file.personal[-1].event_id)


def may_see_person(file: RequestFile, pack: Pack, who: Person) -> bool:
    """Tell whether a person may read who asks: the applicant, whoever signs the chain, whoever audits."""
    assert file.submitted is not None
    chain = pack.chains.get(file.submitted.chain)
    signers = {role for step in chain.steps for role in step.roles} if chain is not None else set()
    return who.person_id == file.submitted.requester or bool(who.roles & (signers - {"applicant"} | READERS))
