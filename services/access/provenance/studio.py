"""The parent's side: one copy is worked on at a time, by a child that is killed when it is late. Loads no library."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

import services
from services.access.provenance.key import SigningKey
from services.access.provenance.unfit import Unfit
from services.access.refusals import Unreachable
from services.runtime.turns import OneAtATime

LIMIT_SECONDS: Final = 60.0
# Marking encodes anew: at least so much of it is done in a second, or something is wrong.
BYTES_PER_SECOND_AT_LEAST: Final = 256 * 1024
ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024


class Studio:
    """Signs, marks and looks at copies in a child process each; the key stays on this side."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self._turns = OneAtATime("StudioBusy", "copies")

    @property
    def certificates(self) -> str:
        """Return the certificates that a reader of signed copies may trust, as PEM."""
        return self._key.certificates

    async def sign(self, source: Path, target: Path, manifest: dict[str, Any], parent: dict[str, str] | None) -> str:
        """Write a signed copy and return the hash of its manifest. Raises Unfit for a file that can't carry one."""
        asked = {"do": "sign", "source": str(source), "target": str(target), "manifest": manifest, "parent": parent}
        done = await self._ask(asked | {"format": manifest["format"], "certificates": self._key.certificates}, source)
        return str(done["manifest_sha256"])

    async def mark(self, source: Path, target: Path, lines: list[str]) -> None:
        """Write a copy with lines burnt into its pictures. Raises Unfit."""
        await self._ask({"do": "mark", "source": str(source), "target": str(target), "lines": lines}, source)

    async def look(self, source: Path) -> dict[str, Any]:
        """Return what a file is: ``container`` and ``milliseconds``. Raises Unfit for what is no video."""
        return await self._ask({"do": "look", "source": str(source)}, source)

    async def _ask(self, asked: dict[str, Any], source: Path) -> dict[str, Any]:
        return await self._turns.do(partial(self._carried_out, asked, source))

    def _carried_out(self, asked: dict[str, Any], source: Path) -> dict[str, Any]:
        limit = LIMIT_SECONDS + source.stat().st_size / BYTES_PER_SECOND_AT_LEAST
        until = time.monotonic() + limit
        child = _child()
        try:
            _say(child, asked | {"limit_seconds": limit})
            while "sign" in (told := _hear(child, until)):
                _say(child, {"signature": self._key.sign(bytes.fromhex(told["sign"])).hex()})
        finally:
            child.kill()
            child.communicate()
        if "unfit" in told:
            raise Unfit(told["unfit"])
        done: dict[str, Any] = told["done"]
        return done


def _child() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "services.access.provenance.child"],
        cwd=Path(services.__path__[0]).parent,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUTF8": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _say(child: subprocess.Popen[bytes], told: dict[str, Any]) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(json.dumps(told).encode() + b"\n")
        child.stdin.flush()
    except BrokenPipeError as gone:
        raise _broken("it ended") from gone


def _hear(child: subprocess.Popen[bytes], until: float) -> dict[str, Any]:
    assert child.stdout is not None
    heard = b""
    while not heard.endswith(b"\n"):
        if not select.select([child.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
            raise _broken("it took too long")
        more = os.read(child.stdout.fileno(), 65536)
        heard += more
        if not more or len(heard) > ANSWER_BYTES_MAX:
            raise _broken("it ended")
    found: dict[str, Any] = json.loads(heard)
    return found


def _broken(why: str) -> Unreachable:
    return Unreachable(
        f"the process that works on copies didn't finish: {why}",
        rule="system.copies",
        remedy="try again; if it lasts, the file can't be worked on: have the copy made without a mark",
        word="CopyNotMade",
    )
