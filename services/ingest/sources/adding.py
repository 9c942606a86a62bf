"""May this source be added? It names a camera that exists, a clock that can be read, and a folder we may watch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from services.ingest.media.names import BadPattern
from services.ingest.registry.known import Camera
from services.ingest.sources.source import Source
from services.runtime.refusal import Refusal


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name. Raises Refusal."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as unknown:
        raise _unusable(f"{name!r} is no IANA zone", "Name one such as Asia/Taipei.") from unknown


def check(source: Source, camera: Camera | None, known: Mapping[str, Source], roots: list[Path]) -> None:
    """Raise Refusal unless the source may be added, or may take the place of its earlier self."""
    if camera is None:
        raise Refusal(
            "UnknownCamera",
            status=404,
            title="This source's camera is not known",
            detail=f"camera {source.camera_id!r} is not registered",
            remedy="Register it first.",
        )
    before = known.get(source.source_id)
    if before is not None and before.camera_id != source.camera_id:
        raise Refusal(
            "SourceKnown",
            status=409,
            title="This source belongs to another camera",
            detail=f"source {source.source_id!r} delivers footage of {before.camera_id}",
            remedy="Choose another id for this source.",
        )
    _pattern(source)
    if source.watched:
        _folder(source, roots)
        _overlap(source, known)


def _pattern(source: Source) -> None:
    try:
        assert source.pattern is None or source.pattern.text
    except BadPattern as bad:
        raise _unusable(str(bad), "Use strftime fields such as %Y%m%d%H%M%S, and * for anything else.") from bad


def _folder(source: Source, roots: list[Path]) -> None:
    if not any(source.folder.resolve().is_relative_to(root.resolve()) for root in roots):
        raise Refusal(
            "OutsideRoots",
            status=403,
            title="This folder may not be watched",
            detail=f"{source.folder} lies in none of the allowed folders",
            remedy="Name a folder inside an allowed one (CAMLEDGER_INGEST_ROOTS).",
        )
    if not source.folder.is_dir():
        raise _unusable(f"{source.folder} is no folder", "Create it, or mount its volume, before it is watched.")


def _overlap(source: Source, known: Mapping[str, Source]) -> None:
    """One file must not be two sources' footage."""
    own = source.folder.resolve()
    for other in known.values():
        theirs = other.folder.resolve()
        apart = other.source_id == source.source_id or not other.watched
        if not apart and (own.is_relative_to(theirs) or theirs.is_relative_to(own)):
            raise Refusal(
                "FolderWatched",
                status=409,
                title="This folder belongs to another source",
                detail=f"{source.folder} and {other.folder} of source {other.source_id!r} lie one in the other",
                remedy="Give each source a folder of its own.",
            )


def _unusable(detail: str, remedy: str) -> Refusal:
    return Refusal("SourceUnusable", status=422, title="This source can't be used", detail=detail, remedy=remedy)
