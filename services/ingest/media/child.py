"""The media process itself: the only module that opens footage with FFmpeg. One JSON line in, one JSON line out.

It holds itself to a memory limit and to a time limit per request, so that it ends even if its parent was killed.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from typing import Any, TextIO

MEMORY_MIB_DEFAULT = 1024


def hold_to_limits(memory_mib: int) -> None:
    limit = memory_mib * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def private_streams() -> tuple[TextIO, TextIO]:
    # FFmpeg may print on stdout; answers get a descriptor of their own so that nothing can stand between them.
    asked, answers = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return asked, answers


def answer(request: dict[str, Any]) -> dict[str, Any]:
    from av.error import FFmpegError

    from services.ingest.media import cutting, looking, viewing
    from services.ingest.media.found import RefusalKind

    try:
        acts = {"look": looking.look, "remux": cutting.remux, "view": viewing.view}
        return acts[request["do"]](request)
    except looking.Unusable as unusable:
        return {"refused": unusable.kind, "detail": str(unusable)}
    except cutting.NotWritable as full:
        return {"errno": full.errno, "detail": str(full)}
    except FFmpegError as broken:
        return {"refused": RefusalKind.UNREADABLE, "detail": broken.strerror or type(broken).__name__}
    except MemoryError:
        return {"refused": RefusalKind.UNREADABLE, "detail": "it takes more memory than the media process may have"}


def main() -> None:
    hold_to_limits(int(sys.argv[1]) if len(sys.argv) > 1 else MEMORY_MIB_DEFAULT)
    asked, answers = private_streams()
    # Imported after the limit is set and before the first request, so that no file waits for it.
    import services.ingest.media.cutting
    import services.ingest.media.looking
    import services.ingest.media.viewing  # noqa: F401

    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in asked:
        request = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, request["limit_seconds"] + 1)
        print(json.dumps(answer(request)), file=answers, flush=True)
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main()
