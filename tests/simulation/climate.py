"""How rough one world is: the seed draws it, so that calm worlds go deep and rough ones go wide.

One mixture for all worlds starves what needs a long quiet way: where processes die all the time, custody marks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """Shares of what may happen in one world."""

    every: int  # steps between two events, on average
    trouble: float  # crashes, freezes, cuts and restores
    orders: float  # holds, requests, rescues and their ends
    breadth: float  # chance that an order reaches further than some cameras, and of one without an end
    proposals: float
    settles: float  # how soon two persons settle what custody couldn't read
    poison: float  # records that custody can't read, while there are any
    days: float  # how fast time passes
    haste: float  # chance that one actor runs on while the others wait


def drawn(random: Random) -> Climate:
    """Return the climate of one world."""
    one_of = random.choice
    return Climate(
        every=one_of((30, 30, 60, 120)),
        trouble=one_of((0.0, 0.2, 0.5, 1.0)),
        orders=one_of((0.3, 1.0, 1.0)),
        breadth=one_of((0.0, 0.2, 0.5)),
        proposals=one_of((0.5, 1.0, 2.0)),
        settles=one_of((0.1, 1.0)),
        poison=one_of((0.0, 0.15, 0.5)),
        days=one_of((1.0, 2.0)),
        haste=one_of((0.0, 0.3, 0.6)),
    )
