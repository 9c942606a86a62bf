"""The points of the map: where cameras stand and whether they have live pictures. No picture is in it (LIVE-02)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from fastapi import APIRouter, Request
from sqlalchemy import select

from services.access.asking import Asking, desk_of, engine_of
from services.access.live.decider import OPEN
from services.access.live.http import gateway_of
from services.access.protections import store
from services.access.refusals import Unusable
from services.access.requests.packs import policy_in_force
from services.access.tables import camera
from services.kernel.binding import policy_of
from services.kernel.policy import Pack, act

router = APIRouter(prefix="/api/v1")

SHOWN_MAX: Final = 5_000
MAP: Final = "map"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One camera on the map."""

    camera_id: str
    place: str
    area: str
    retired: bool
    latitude: float | None
    longitude: float | None
    policy_id: str
    live: bool


@router.get("/map")
async def camera_map(request: Request, _who: Asking) -> dict[str, object]:
    """List where cameras stand, as far as their policies let a map show them."""
    return {"points": [asdict(each) for each in await shown(request)]}


async def shown(request: Request) -> list[Shown]:
    """Return every camera that may stand on a map, by its number."""
    desk, settings = desk_of(request), gateway_of(request).settings
    async with engine_of(request).connect() as tx:
        now = await desk.clock(tx)
        rows = (await tx.execute(select(camera).order_by(camera.c.camera_id).limit(SHOWN_MAX))).mappings().all()
        standing = await store.camera_bindings(tx)
        bound = {row["camera_id"]: policy_of(standing, row["camera_id"], "", now) or "" for row in rows}
        packs: dict[str, Pack] = {}
        for policy_id in {each for each in bound.values() if each}:
            try:
                packs[policy_id] = await policy_in_force(tx, desk, policy_id, now)
            except Unusable:
                continue  # bound to a version that isn't in force yet
    on_map = [row for row in rows if _may_show(packs.get(bound[row["camera_id"]]))]
    return [
        Shown(
            **{name: row[name] for name in ("camera_id", "place", "area", "retired", "latitude", "longitude")},
            policy_id=bound[row["camera_id"]],
            live=_is_live(packs.get(bound[row["camera_id"]])) and bool(settings.upstream_of(row["camera_id"])),
        )
        for row in on_map
    ]


def _may_show(pack: Pack | None) -> bool:
    """Ask the policy where it says something of maps; a map is points, never a picture."""
    if pack is None or not pack.acts.get(MAP):
        return True
    return act(pack, {"act": MAP, "map": {"pictures": False}}).allowed


def _is_live(pack: Pack | None) -> bool:
    return pack is not None and bool(pack.acts.get(OPEN))
