"""The dead letters of a service over HTTP: list, retry; two persons discard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from services.runtime.applying import Handler
from services.runtime.codec import Codec
from services.runtime.database import json_object
from services.runtime.deadletter import ONE, Discarding, Settling, open_letters
from services.runtime.discarded import Tell
from services.runtime.identity import Person, person, require
from services.runtime.refusal import Refusal

MAY = ("platform_admin",)
Caller = Annotated[Person, Depends(person)]


def dead_letter_router(handlers: Mapping[str, Handler], codec: Codec, tell: Tell) -> APIRouter:
    """Return the routes for the dead letters of a service; ``handlers`` by consumer id, as its workers have them.

    ``tell`` puts the event about a discard on a topic of the service.
    """
    router = APIRouter(prefix="/api/v1/dead-letters", tags=["dead letters"])
    settling = {consumer: Settling(consumer, handler, codec, tell) for consumer, handler in handlers.items()}

    @router.get("")
    async def listed(request: Request, caller: Caller) -> list[dict[str, Any]]:
        """List the records that were put aside and are not settled."""
        require(caller, *MAY)
        async with request.app.state.engine.begin() as tx:
            return [asdict(letter) for letter in await open_letters(tx)]

    @router.get("/{letter_id}")
    async def shown(letter_id: int, request: Request, caller: Caller) -> dict[str, Any]:
        """Show one record with its headers and its bytes."""
        require(caller, *MAY)
        async with request.app.state.engine.begin() as tx:
            letter = (await tx.execute(ONE, {"id": letter_id})).mappings().one_or_none()
        if letter is None:
            raise Refusal("NoSuchLetter", status=404, title="No open dead letter has this number")
        return _whole(letter)

    @router.post("/{letter_id}/retry")
    async def retry(letter_id: int, request: Request, caller: Caller) -> dict[str, int]:
        """Apply a record again, and what waits behind it, in order."""
        require(caller, *MAY)
        async with request.app.state.engine.begin() as tx:
            chosen = await _settling_of(tx, settling, letter_id)
            return {"applied": await chosen.retry(tx, letter_id, caller.person_id)}

    @router.post("/{letter_id}/discard")
    async def discard(letter_id: int, request: Request, caller: Caller) -> Discarding:
        """Propose to give a record up for ever; the same by a second person does it, and applies what waits behind."""
        actor = caller.actor(require(caller, *MAY))
        async with request.app.state.engine.begin() as tx:
            chosen = await _settling_of(tx, settling, letter_id)
            return await chosen.discard(tx, letter_id, actor)

    return router


def _whole(letter: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: letter[name] for name in ("id", "consumer", "kind", "reason", "found_at", "proposed_by")}
    position = f"{letter['topic']}/{letter['partition']}/{letter['offset']}"
    key, value = bytes(letter["key"]), bytes(letter["value"])
    headers = json_object(letter["headers"])
    return told | {"position": position, "key": key.decode(errors="replace"), "headers": headers, "value": value.hex()}


async def _settling_of(tx: Any, settling: Mapping[str, Settling], letter_id: int) -> Settling:  # noqa: ANN401
    letter = (await tx.execute(ONE, {"id": letter_id})).one_or_none()
    if letter is None or letter.consumer not in settling:
        raise Refusal("NoSuchLetter", status=404, title="No open dead letter has this number")
    return settling[letter.consumer]
