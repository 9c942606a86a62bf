"""Live projects over HTTP: the five decisions, taking one back, and how a project stands."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse
from pydantic import Field, field_validator

from services.access.asking import Asking, desk_of, engine_of, on_record
from services.access.policies import project_office
from services.access.policies.project_file import DECISIONS
from services.access.policies.projects import Decision
from services.access.refusals import Unknown
from services.access.stepping_up import must_be_fresh
from services.runtime.bodies import Body, Instant, Line, Text

router = APIRouter(prefix="/api/v1")

ProjectId = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{1,64}$")]
One = Annotated[str, Field(pattern="^(" + "|".join(DECISIONS) + ")$")]
ANSWERS_MAX = 20


class ProjectBody(Body):
    """One of the five decisions on a live project; each uses the part that is its own."""

    policy_id: Line = "taipei-live"
    decision: One
    record: Annotated[dict[Line, Line | bool], Field(max_length=ANSWERS_MAX)] = Field(default_factory=dict)
    cameras: Annotated[tuple[Line, ...], Field(max_length=1_000)] = ()
    members: Annotated[tuple[Line, ...], Field(max_length=500)] = ()
    networks: Annotated[tuple[Line, ...], Field(max_length=100)] = ()
    period_from: Instant | None = None
    period_to: Instant | None = None

    @field_validator("cameras", "members", "networks")
    @classmethod
    def _each_once(cls, named: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.strip() for each in named if each.strip()))


class WithdrawalBody(Body):
    """A decision that is taken back, and why."""

    decision: One
    reason: Text = ""


@router.post("/projects/{project_id}/decisions")
async def decide_on_project(request: Request, project_id: ProjectId, body: ProjectBody, who: Asking) -> JSONResponse:
    """One of the five decisions that open a live project, each by its office, in their order (LIVE-03).

    Made again, a decision only narrows: fewer cameras, members or networks, an earlier end.
    """
    must_be_fresh(request, who, "project.decide")
    async with on_record(request, who, f"project.{body.decision}", project_id):
        asked = Decision(**body.model_dump(exclude={"policy_id"}))
        return JSONResponse(
            await project_office.decide_project(
                engine_of(request), desk_of(request), who, project_id, body.policy_id, asked
            )
        )


@router.post("/projects/{project_id}/withdrawals")
async def withdraw_decision(request: Request, project_id: ProjectId, body: WithdrawalBody, who: Asking) -> JSONResponse:
    """Take back a decision that the policy lets one take back; what rested on it is open again."""
    async with on_record(request, who, f"project.{body.decision}.withdraw", project_id):
        return JSONResponse(
            await project_office.withdraw_decision(
                engine_of(request), desk_of(request), who, project_id, body.decision, body.reason
            )
        )


@router.get("/projects")
async def list_projects(request: Request, who: Asking) -> dict[str, list[dict[str, object]]]:
    """List the projects that one decides on, is a member of, or audits."""
    async with engine_of(request).connect() as tx:
        every = await project_office.listed(tx, desk_of(request), who)
    return {"projects": [project_office.told(project, pack) for project, pack in every]}


@router.get("/projects/{project_id}")
async def show_project(request: Request, project_id: ProjectId, who: Asking) -> dict[str, Any]:
    """Show one project: what is decided, by whom, and what is still open."""
    async with engine_of(request).connect() as tx:
        project, pack = await project_office.found(tx, desk_of(request), project_id)
    if not project_office.may_read(pack, who, project):
        raise Unknown(f"no project {project_id}", remedy="ask as somebody who has a part in it, by its id")
    return {**project_office.told(project, pack), "decisions": list(project.done)}
