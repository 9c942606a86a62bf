"""One batch to its handler, in log order: good records together, bad ones aside, waiting ones behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime.aside import Aside, DeadKey
from services.runtime.database import is_spoiled
from services.runtime.received import Received, Rejected, Spoiled, key_bytes, spoiled


class Handler(Protocol):
    """What a service does with records, inside the transaction that also moves the offsets."""

    async def apply(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        """Write the rows of ``batch``. May be called again with the same records after a lost connection.

        Raises Rejected for a record that it can never take. Anything else that is raised ends the process.
        """


OnUndecodable = Callable[[AsyncConnection, Spoiled], Awaitable[None]]


class OneByOne(Exception):
    """Some record of the batch was rejected: begin the transaction again and look at each record alone."""


class Applying:
    """How batches of one consumer reach its handler."""

    def __init__(self, handler: Handler, aside: Aside, on_undecodable: OnUndecodable | None) -> None:
        self._handler = handler
        self._aside = aside
        self._on_undecodable = on_undecodable
        # Only this worker blocks keys of its partitions, so an empty table need not be read for every batch.
        self._may_block = True

    def reassigned(self) -> None:
        """Forget what is known of blocked keys: other partitions, other keys."""
        self._may_block = True

    async def apply(self, tx: AsyncConnection, records: Sequence[Received | Spoiled], *, careful: bool) -> None:
        """Apply ``records`` in order. Raises OneByOne if one was rejected and ``careful`` is not set."""
        blocked = await self._aside.blocked(tx) if self._may_block else set()
        self._may_block = bool(blocked)
        run: list[Received] = []
        for record in records:
            if (record.topic, key_bytes(record.key)) in blocked:
                await self._aside.park(tx, [record])
            elif isinstance(record, Spoiled):
                # What came before it must be in the tables before anybody hears of it.
                await self._run(tx, run, blocked, careful=careful)
                run = []
                await self._put_aside(tx, record, blocked)
            else:
                run.append(record)
        await self._run(tx, run, blocked, careful=careful)

    async def _run(self, tx: AsyncConnection, run: Sequence[Received], blocked: set[DeadKey], *, careful: bool) -> None:
        if careful:
            for record in run:
                await self._alone(tx, record, blocked)
        elif run:
            try:
                await self._handler.apply(tx, run)
            except Exception as error:
                if is_rejection(error):
                    raise OneByOne from error
                raise

    async def _alone(self, tx: AsyncConnection, record: Received, blocked: set[DeadKey]) -> None:
        if (record.topic, key_bytes(record.key)) in blocked:
            await self._aside.park(tx, [record])
            return
        if (error := await rejection(self._handler, tx, [record])) is not None:
            await self._put_aside(tx, spoiled(record, error), blocked)

    async def _put_aside(self, tx: AsyncConnection, record: Spoiled, blocked: set[DeadKey]) -> None:
        await self._aside.put_bad(tx, record, block=self._on_undecodable is None)
        if self._on_undecodable is not None:
            await self._on_undecodable(tx, record)
            return
        blocked.add((record.topic, key_bytes(record.key)))
        self._may_block = True


async def rejection(handler: Handler, tx: AsyncConnection, records: Sequence[Received]) -> Exception | None:
    """Apply ``records`` within ``tx``; return the error of a handler that rejected them, with nothing of them written.

    Any other error is raised.
    """
    try:
        async with tx.begin_nested():
            await handler.apply(tx, records)
    except Exception as error:
        if not is_rejection(error):
            raise
        return error
    return None


def is_rejection(error: BaseException) -> bool:
    """Tell whether a handler's error concerns the record alone: it said so, or Postgres refused the values."""
    return isinstance(error, Rejected) or is_spoiled(error)
