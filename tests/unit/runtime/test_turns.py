"""Heavy work is done one piece at a time, and nobody waits behind more than twenty."""

from __future__ import annotations

import asyncio
import threading

import pytest

from services.runtime.printing import press as new_press
from services.runtime.refusal import Refusal
from services.runtime.turns import WAITING_MAX


def test_two_sheets_are_never_laid_out_at_once() -> None:
    inside, most, lock = 0, 0, threading.Lock()

    def work() -> bytes:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        threading.Event().wait(0.01)
        with lock:
            inside -= 1
        return b"%PDF"

    async def many() -> list[bytes]:
        press = new_press()
        return await asyncio.gather(*(press.do(work) for _ in range(5)))

    assert asyncio.run(many()) == [b"%PDF"] * 5
    assert most == 1


def test_whoever_would_wait_behind_twenty_others_is_told_so_and_the_place_comes_free_again() -> None:
    async def crowd() -> None:
        press, free = new_press(), threading.Event()
        asked = [asyncio.create_task(press.do(lambda: b"%PDF" if free.wait(5) else b"")) for _ in range(WAITING_MAX)]
        await asyncio.sleep(0)
        with pytest.raises(Refusal, match="20 sheets wait already"):
            await press.do(lambda: b"")
        free.set()
        assert set(await asyncio.gather(*asked)) == {b"%PDF"}
        assert await press.do(lambda: b"again") == b"again"

    asyncio.run(crowd())


def test_a_sheet_that_fails_gives_its_place_back() -> None:
    def broken() -> bytes:
        raise OSError("no font")

    async def twice() -> bytes:
        press = new_press()
        with pytest.raises(OSError, match="no font"):
            await press.do(broken)
        return await press.do(lambda: b"%PDF")

    assert asyncio.run(twice()) == b"%PDF"
