"""What makes one small world: its footage, its protections, and which acts and accidents may happen in it once."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.explorer.state import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Footage that the version in force at the beginning lets go at the tick ``due``."""

    camera: int = 0
    due: int = 0
    late: bool = False  # comes in later, if at all
    worn: bool = False  # a body-worn camera whose shift isn't filed yet
    again_of: int | None = None  # the same footage, uploaded after its destruction


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A hold, a request or a rescue."""

    kind: str = "hold"
    camera: int | None = None  # None: every camera
    officer: bool = False  # by who wore the camera
    until: int | None = None  # tick at which it ends by itself
    unreadable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One world; ``figure`` has states and depth of the model by which the protocol was designed."""

    name: str
    title: str
    figure: tuple[int, int]  # states and depth of the document's model
    segments: tuple[Segment, ...] = (Segment(),)
    covers: tuple[Cover, ...] = (Cover(),)
    acts: tuple[Act, ...]
    ticks: int = 2
    commands: int = 2
    live: bool = False  # real retention, and liveness is asked for
    shift_true: bool = True  # the late shift names the officer of the hold
    sends_marks: bool = False  # DestructionStarted reaches the broker in a step of its own
    never_settled: bool = False
    reduced: bool = True  # see docs/exploration.md: what is merged, and the comparison with and without
