"""The process that opens copies with FFmpeg and the C2PA library: one request, then it ends.

It holds itself to a memory and a time limit. The signing key isn't here: what is to be signed goes back to the parent.
"""

from __future__ import annotations

import json
import os
import resource
import signal
from typing import Any, TextIO

from services.access.provenance.unfit import Unfit

MEMORY_MIB = 1536


class Line:
    """One JSON object a line, both ways; libraries print elsewhere."""

    def __init__(self) -> None:
        self._asked: TextIO = os.fdopen(os.dup(0), "r")
        self._answers: TextIO = os.fdopen(os.dup(1), "w")
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)

    def hear(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads(self._asked.readline())
        return heard

    def say(self, **told: object) -> None:
        print(json.dumps(told), file=self._answers, flush=True)

    def signature(self, content: bytes) -> bytes:
        """Have the parent sign."""
        self.say(sign=content.hex())
        return bytes.fromhex(self.hear()["signature"])


def carry_out(line: Line, asked: dict[str, Any]) -> dict[str, Any]:
    match asked["do"]:
        case "sign":
            from services.access.provenance import signing

            return signing.sign(asked, line.signature)
        case "mark":
            from services.access.provenance import marking

            return marking.mark(asked)
        case _:
            from services.access.provenance import looking

            return looking.look(asked)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MIB * 1024 * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    line = Line()
    asked = line.hear()
    # It ends even if its parent was killed.
    signal.setitimer(signal.ITIMER_REAL, asked["limit_seconds"] + 1)
    try:
        line.say(done=carry_out(line, asked))
    except Unfit as unfit:
        line.say(unfit=str(unfit))
    except MemoryError:
        line.say(unfit="it takes more memory than the process for copies may have")


if __name__ == "__main__":
    main()
