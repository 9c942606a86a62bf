"""Simulations over HTTP: start one, ask whether it is done, fetch a report by its digest."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from services.access.asking import Asking, desk_of, engine_of, must_have, on_record, uuid_of
from services.access.ledger import Desk
from services.access.policies import office
from services.access.policies.http import ADMINS, Text
from services.access.policies.simulations import Asked, Simulations
from services.access.refusals import Unknown
from services.access.requests.packs import policy_in_force
from services.kernel.policy import Pack
from services.runtime.bodies import Body, Instant
from services.runtime.identity import Person

router = APIRouter(prefix="/api/v1")

ANSWER_WITHIN_S = 20.0
READERS = ADMINS | {"auditor", "system_manager", "manager_supervisor", "ethics_office", "director", "captain"}
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


class SimulationBody(Body):
    """Simulate the version on offer, or the one in force in place of another policy.

    ``version`` names one that was adopted; that, ``as_of`` and ``since`` ask what if: such a report can't be cited.
    """

    digest: Text = ""
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    replaces: Text = ""
    as_of: Instant | None = None
    since: Instant | None = None


@router.post("/policies/{policy_id}/simulations")
async def start_simulation(request: Request, policy_id: str, body: SimulationBody, who: Asking) -> JSONResponse:
    """Start a simulation; 202 with its id while it runs. A citable report stands on the log before it is answered."""
    run = await begin(request, policy_id, body, who)
    return _answer(str(run), await simulations_of(request).wait(run, ANSWER_WITHIN_S))


async def begin(request: Request, policy_id: str, body: SimulationBody, who: Person) -> UUID:
    """Start a simulation in a person's name and return its id at once."""
    async with on_record(request, who, "policy.simulate", policy_id):
        role = must_have(who, readers(request, policy_id), "simulate a policy")
        pack = await _simulated(request, policy_id, body)
        asked = Asked(
            pack=pack, replaces=body.replaces, as_of=body.as_of, since=body.since, adopted=bool(body.version)
        )  # fmt: skip
        return simulations_of(request).start(engine_of(request), asked, who.actor(role))


def readers(request: Request, policy_id: str) -> frozenset[str]:
    """Return the roles that may simulate a policy and see what was found."""
    return READERS | desk_of(request).shelf.change_roles(policy_id)


@router.get("/policies/{policy_id}/simulations/{run_id}")
async def simulation(request: Request, policy_id: str, run_id: str, who: Asking) -> JSONResponse:
    """Ask for a simulation that was started: 202 while it runs."""
    run = run_of(request, policy_id, run_id, who)
    return _answer(run_id, await simulations_of(request).wait(run, ANSWER_WITHIN_S))


def run_of(request: Request, policy_id: str, run_id: str, who: Person) -> UUID:
    """Return the id of a run that a person may see."""
    must_have(who, readers(request, policy_id), "see a simulation")
    return uuid_of(run_id, "simulation")


@router.get("/policies/{policy_id}/reports/{report_digest}")
async def report(request: Request, policy_id: str, report_digest: Digest, who: Asking) -> Response:
    """Return a report's canonical bytes: their sha256 is the digest that an adoption cites."""
    must_have(who, readers(request, policy_id), "see a simulation")
    return Response(simulations_of(request).report(report_digest), media_type="application/json")


async def _simulated(request: Request, policy_id: str, body: SimulationBody) -> Pack:
    """What would be adopted is on offer; what cameras of another policy would be bound to is in force."""
    desk = desk_of(request)
    if body.version:
        return _adopted(desk, policy_id, body.version)
    if not body.replaces:
        return office.on_offer(desk, policy_id, body.digest).pack
    async with engine_of(request).connect() as tx:
        return await policy_in_force(tx, desk, policy_id, await desk.clock(tx))


def _adopted(desk: Desk, policy_id: str, version: int) -> Pack:
    pack = desk.shelf.find(policy_id, version)
    if pack is None:
        known = ", ".join(str(each.version) for each in desk.shelf.versions(policy_id)) or "none"
        raise Unknown(f"no version {version} of {policy_id[:40]!r} is kept here", remedy=f"kept: {known}")
    return pack


def simulations_of(request: Request) -> Simulations:
    """Return the simulations of this process."""
    return cast("Simulations", request.app.state.simulations)


def _answer(run_id: str, found: dict[str, object] | None) -> JSONResponse:
    if found is None:
        return JSONResponse({"run_id": run_id, "state": "running"}, 202)
    return JSONResponse({"run_id": run_id, "state": "done", **found})
