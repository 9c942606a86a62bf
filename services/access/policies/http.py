"""Policies over HTTP: which packs there are, adopt a version, bind cameras, end a programme."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from services.access.asking import Asking, desk_of, engine_of, must_have, on_record
from services.access.policies import office
from services.access.policies.commands import AdoptVersion, Approval, BindCameras
from services.access.protections import store
from services.access.protections.office import ACCEPTED_WITHIN_S
from services.access.refusals import Unknown
from services.access.stepping_up import must_be_fresh
from services.runtime.bodies import Body, Instant

router = APIRouter(prefix="/api/v1")

ADMINS = frozenset({"platform_admin", "policy_owner"})
BINDERS = ADMINS | {"service:ingest"}
Text = Annotated[str, Field(max_length=500)]


class AdoptionBody(Body):
    """Adopt the version on offer; ``digest``, if given, must be the one that was looked at."""

    policy_id: Text
    instrument: Text
    digest: Text = ""
    simulation_digest: Text = ""
    effective: Instant | None = None


class BindingBody(Body):
    """Cameras, or a whole retention class, to be judged by a pack."""

    cameras: list[Text] = Field(default_factory=list, max_length=1_000)
    retention_class: Text = ""
    simulation_digest: Text = ""


class EndBody(Body):
    """The decision that ends a programme."""

    decision: Text
    ended_at: Instant | None = None


@router.get("/policies")
async def list_policies(request: Request, who: Asking) -> dict[str, object]:
    """List packs: on offer, in force, scheduled; and the cameras that they bind."""
    async with engine_of(request).connect() as tx:
        return {"policies": await office.overview(tx, desk_of(request)), "asked_by": who.person_id}


@router.post("/policies/adopt")
async def adopt_policy(request: Request, body: AdoptionBody, who: Asking) -> JSONResponse:
    """Adopt the version on offer. 202 with ``state: proposed`` while a second person is needed."""
    must_be_fresh(request, who, "policy.adopt")
    async with on_record(request, who, "policy.adopt", body.policy_id):
        # Who approves in the role that change control names is counted in that role.
        named = desk_of(request).shelf.change_roles(body.policy_id)
        role = must_have(who, named if who.roles & named else ADMINS | named, "adopt a policy")
        command = AdoptVersion(
            policy_id=body.policy_id,
            instrument=body.instrument,
            simulation_digest=body.simulation_digest,
            effective=body.effective,
            approvals=(Approval(person=who.person_id, role=role),),
            scenarios_passed=office.scenarios_passed(desk_of(request), body.policy_id, body.digest),
        )
        done = await office.adopt(engine_of(request), desk_of(request), command, who.actor(role))
        return await _answer(request, done)


@router.post("/policies/{policy_id}/cameras")
async def bind_cameras(request: Request, policy_id: str, body: BindingBody, who: Asking) -> JSONResponse:
    """Bind cameras, or every camera of a class, to a pack: exactly one pack per camera at a time."""
    async with on_record(request, who, "policy.bind", policy_id):
        command = BindCameras(
            policy_id=policy_id,
            cameras=tuple(sorted(set(body.cameras))),
            retention_class=body.retention_class,
            simulation_digest=body.simulation_digest,
            approvals=(),
        )
        # As for a version: who approves in a role that the cameras' present pack names is counted in that role.
        named = await office.approvers(engine_of(request), desk_of(request), command)
        role = must_have(who, named if who.roles & named else BINDERS | named, "bind cameras to a policy")
        command = replace(command, approvals=(Approval(person=who.person_id, role=role),))
        done = await office.bind(engine_of(request), desk_of(request), command, who.actor(role))
        return await _answer(request, done)


@router.post("/policies/{policy_id}/end")
async def end_programme(request: Request, policy_id: str, body: EndBody, who: Asking) -> JSONResponse:
    """End a programme: no new recording, what is left runs out by policy (SPD-02)."""
    async with on_record(request, who, "policy.end", policy_id):
        role = must_have(who, ADMINS, "end a programme")
        if desk_of(request).shelf.offered(policy_id) is None:
            raise Unknown(f"no policy {policy_id!r}", remedy="list them: GET /api/v1/policies")
        ended = await office.end(
            engine_of(request), desk_of(request), policy_id, body.decision, body.ended_at, who.actor(role)
        )
        return JSONResponse({"policy_id": policy_id, "ended_at": _iso(ended)})


async def _answer(request: Request, done: office.Done) -> JSONResponse:
    accepted = await store.published(engine_of(request), done.seq, ACCEPTED_WITHIN_S)
    return JSONResponse(dict(done.told), status_code=200 if accepted and not done.proposed else 202)


def _iso(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")
