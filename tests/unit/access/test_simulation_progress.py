"""How far a simulation has come is read from what its reader says; everything else it says is kept for a refusal."""

from __future__ import annotations

import asyncio
import sys
from typing import cast

from services.access.policies.simulations import SAID_MAX, Asked, Progress, _heard
from services.kernel.policy import Pack

READER = """
import sys
sys.stderr.write('read {"topic": "camera.events", "records": 0}\\nread {"topic": "segment.events", "records": 7}\\n')
sys.stderr.write('a warning\\n{"refusal": "PackMissing"}')
sys.stdout.write(sys.stdin.read()[::-1])
"""


async def heard(code: str, progress: Progress) -> tuple[bytes, bytes]:
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdin=pipe, stdout=pipe, stderr=pipe)
    return await _heard(child, b"question", progress)


def test_the_last_line_of_progress_counts_and_a_refusal_is_heard_whole() -> None:
    progress = Progress(Asked(pack=cast("Pack", None)))
    out, said = asyncio.run(heard(READER, progress))
    assert (progress.topic, progress.records) == ("segment.events", 7)
    assert (out, said) == (b"noitseuq", b'a warning\n{"refusal": "PackMissing"}')


def test_a_reader_that_says_too_much_is_cut_and_blocks_nothing() -> None:
    code = f"import sys; sys.stderr.write('x\\n' * {SAID_MAX}); sys.stdout.write('done')"
    out, said = asyncio.run(heard(code, Progress(Asked(pack=cast("Pack", None)))))
    assert out == b"done"
    assert len(said) <= 2 * SAID_MAX
