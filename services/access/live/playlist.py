"""Playlists rewritten: only what we know is passed on, every address sealed, nothing older than the window. Pure.

The upstream is trusted to send pictures and nothing else: an address that leads elsewhere, a recording, or a playlist
that doesn't end is refused whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from services.access.live.links import Kind, Link

LINES_MAX, SEGMENTS_MAX, VARIANTS_MAX, ADDRESS_CHARS_MAX = 5_000, 2_000, 12, 2_000
SUFFIXES: Final = {"ts": Kind.SEGMENT, "m4s": Kind.FRAGMENT, "cmfv": Kind.FRAGMENT, "mp4": Kind.FRAGMENT}
ATTRIBUTE: Final = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)')
NUMBER: Final = re.compile(r"[0-9]{1,15}")
DURATION: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,9})?")
PLAIN: Final = re.compile(r"[A-Za-z0-9.:+-]{1,40}")
UNFIT: Final = re.compile(r"[\x00-\x20\\]")
SHAPE: Final = re.compile(r"[A-Za-z0-9.,x\" -]{1,120}")
SHOWN: Final = ("BANDWIDTH", "AVERAGE-BANDWIDTH", "RESOLUTION", "FRAME-RATE", "CODECS")
Name = Callable[[Link], str]


class BadPlaylist(ValueError):
    """What the upstream sent isn't the playlist of a live picture; the message says why."""


@dataclass(slots=True)
class _Segment:
    seconds: float
    written: str  # as the upstream wrote the duration
    url: str = ""
    before: list[str] = field(default_factory=list)
    head: str = ""
    breaks: bool = False


@dataclass(slots=True)
class _Read:
    """What stands in a playlist, as far as we pass it on."""

    version: int = 3
    target: int = 0
    sequence: int = 0
    breaks_before: int = 0
    independent: bool = False
    segments: list[_Segment] = field(default_factory=list)
    variants: list[tuple[str, str]] = field(default_factory=list)  # attributes, address


def rewritten(content: str, base: str, name: Name, window_s: int) -> str:
    """Return the playlist that a player of ours gets; ``base`` is where it was fetched. Raises BadPlaylist."""
    read = _read(content, base)
    if read.variants:
        return _lines(_master(read, name))
    if not read.segments:
        raise BadPlaylist("it names no segment yet")
    return _lines(_media(read, name, window_s))


def inside(base: str, written: str) -> str:
    """Return the whole address of a part; raises BadPlaylist unless it lies in the folder of the playlist."""
    if len(written) > ADDRESS_CHARS_MAX or UNFIT.search(written):
        raise BadPlaylist("an address in it is no address")
    found, home = urlsplit(urljoin(base, written)), urlsplit(base)
    if (found.scheme, found.netloc) != (home.scheme, home.netloc):
        raise BadPlaylist("an address in it leads to another host")
    folder = home.path.rpartition("/")[0] + "/"
    # Twice encoded dots are dots to some servers.
    steps = unquote(unquote(found.path)).split("/")
    if not found.path.startswith(folder) or ".." in steps or "." in steps:
        raise BadPlaylist("an address in it leads out of the camera's folder")
    return found._replace(fragment="").geturl()


def _read(content: str, base: str) -> _Read:  # noqa: C901, PLR0912 - one case a tag
    lines = content.removeprefix("﻿").splitlines()
    if len(lines) > LINES_MAX or not lines or lines[0].strip() != "#EXTM3U":
        raise BadPlaylist("it isn't a playlist, or it has no end")
    read, coming, head, stream = _Read(), _Segment(seconds=0, written=""), "", ""
    for line in (each.strip() for each in lines[1:]):
        tag, _, value = line.partition(":")
        match tag:
            case "#EXT-X-ENDLIST" | "#EXT-X-PLAYLIST-TYPE" | "#EXT-X-I-FRAMES-ONLY":
                raise BadPlaylist("it is a recording, not a live picture")
            case "#EXT-X-BYTERANGE":
                raise BadPlaylist("its parts lie in one file, which would show what was before")
            case "#EXT-X-KEY" if _attributes(value).get("METHOD") != "NONE":
                raise BadPlaylist("its parts are encrypted")
            case "#EXT-X-VERSION":
                read.version = _number(value)
            case "#EXT-X-TARGETDURATION":
                read.target = _number(value)
            case "#EXT-X-MEDIA-SEQUENCE":
                read.sequence = _number(value)
            case "#EXT-X-DISCONTINUITY-SEQUENCE":
                read.breaks_before = _number(value)
            case "#EXT-X-INDEPENDENT-SEGMENTS":
                read.independent = True
            case "#EXT-X-DISCONTINUITY":
                coming.breaks = True
            case "#EXT-X-PROGRAM-DATE-TIME" if PLAIN.fullmatch(value):
                coming.before.append(line)
            case "#EXT-X-MAP":
                head = inside(base, _map(value))
            case "#EXTINF":
                coming.written, coming.seconds = _duration(value)
            case "#EXT-X-STREAM-INF":
                stream = value
            case _ if line and not line.startswith("#"):
                if stream:
                    read.variants.append((stream, inside(base, line)))
                    stream = ""
                else:
                    coming.url, coming.head = inside(base, line), head
                    read.segments.append(coming)
                    coming = _Segment(seconds=0, written="")
            case _:
                pass  # what we don't know may name an address: it isn't passed on
    if len(read.segments) > SEGMENTS_MAX or len(read.variants) > VARIANTS_MAX:
        raise BadPlaylist("it names more than a live picture has")
    return read


def _master(read: _Read, name: Name) -> Iterator[str]:
    yield f"#EXT-X-VERSION:{read.version}"
    for attributes, url in read.variants:
        shown = [(key, value) for key, value in _attributes(attributes).items() if key in SHOWN]
        kept = ",".join(f"{key}={value}" for key, value in shown if SHAPE.fullmatch(value))
        yield f"#EXT-X-STREAM-INF:{kept}"
        yield name(Link(kind=Kind.PLAYLIST, url=url))


def _media(read: _Read, name: Name, window_s: int) -> Iterator[str]:
    shown = _newest(read.segments, window_s)
    dropped = read.segments[: len(read.segments) - len(shown)]
    yield f"#EXT-X-VERSION:{read.version}"
    yield f"#EXT-X-TARGETDURATION:{read.target or round(max(each.seconds for each in shown)) or 1}"
    yield f"#EXT-X-MEDIA-SEQUENCE:{read.sequence + len(dropped)}"
    if breaks := read.breaks_before + sum(each.breaks for each in dropped):
        yield f"#EXT-X-DISCONTINUITY-SEQUENCE:{breaks}"
    if read.independent:
        yield "#EXT-X-INDEPENDENT-SEGMENTS"
    head = ""
    for each in shown:
        if each.breaks:
            yield "#EXT-X-DISCONTINUITY"
        if each.head != head:
            head = each.head
            yield f'#EXT-X-MAP:URI="{name(Link(kind=Kind.HEAD, url=head))}"'
        yield from each.before
        yield f"#EXTINF:{each.written},"
        yield name(Link(kind=_kind(each), url=each.url))


def _newest(segments: list[_Segment], window_s: int) -> list[_Segment]:
    """Live is now: a playlist that goes back for hours would be history. The newest segment is always there."""
    total, kept = 0.0, 0
    for each in reversed(segments):
        total += each.seconds
        if kept and total > window_s:
            break
        kept += 1
    return segments[len(segments) - kept :]


def _kind(segment: _Segment) -> Kind:
    suffix = urlsplit(segment.url).path.rpartition(".")[2].lower()
    return SUFFIXES.get(suffix, Kind.FRAGMENT if segment.head else Kind.SEGMENT)


def _map(value: str) -> str:
    attributes = _attributes(value)
    if "BYTERANGE" in attributes or not attributes.get("URI"):
        raise BadPlaylist("its parts lie in one file, which would show what was before")
    return attributes["URI"].strip('"')


def _attributes(value: str) -> dict[str, str]:
    return {found[1]: found[2] for found in ATTRIBUTE.finditer(value)}


def _number(value: str) -> int:
    if not NUMBER.fullmatch(value.strip()):
        raise BadPlaylist("a number in it is none")
    return int(value)


def _duration(value: str) -> tuple[str, float]:
    written = value.partition(",")[0].strip()
    if not DURATION.fullmatch(written):
        raise BadPlaylist("a duration in it is none")
    return written, float(written)


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(("#EXTM3U", *lines)) + "\n"
