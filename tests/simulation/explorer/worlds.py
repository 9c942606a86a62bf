"""The small worlds in which the protocol is explored.

S and most of B: any command at any time. L and the rest of B: retention's real visits, and liveness is asked for.
"""

from __future__ import annotations

from tests.simulation.explorer.state import Act
from tests.simulation.explorer.world import Cover, Segment, World

HOLD: tuple[Act, ...] = (("place", 0), ("release", 0))
LONGER: Act = ("adopt longer", 0)
SHORTER: Act = ("adopt shorter", 0)
RESTORE: tuple[Act, ...] = (("backup", 0), ("restore", 0))
SETTLE: Act = ("settle", 0)
TWO_HOLDS = (Cover(), Cover())
POISON = Cover(camera=0, unreadable=True)
LATE = Segment(late=True)

SAFETY = (
    World(name="S1", title="hold", figure=(3_319, 20), segments=(Segment(due=1),), acts=HOLD),
    World(name="S2", title="late", figure=(32_994, 23), segments=(Segment(), LATE), acts=(*HOLD, ("record", 1))),
    World(
        name="S3",
        title="request",
        figure=(11_660, 20),
        covers=(Cover(), Cover(kind="request")),
        acts=(("place", 0), ("place", 1), ("release", 1)),
    ),
    World(name="S4", title="longer", figure=(24_394, 23), segments=(Segment(due=1),), acts=(*HOLD, LONGER)),
    World(name="S5", title="shorter", figure=(26_236, 23), segments=(Segment(due=3),), acts=(*HOLD, SHORTER)),
    World(
        name="S5b",
        title="both",
        figure=(46_135, 23),
        segments=(Segment(due=3),),
        acts=(("place", 0), LONGER, SHORTER),
    ),
    World(name="S6", title="poison", figure=(10_836, 22), covers=(POISON,), acts=(*HOLD, SETTLE)),
    World(
        name="S7",
        title="facts",
        figure=(3_854, 20),
        segments=(Segment(worn=True),),
        covers=(Cover(officer=True),),
        acts=(*HOLD, ("file", 0)),
    ),
    World(name="S8", title="restore", figure=(83_355, 23), acts=(*HOLD, *RESTORE), sends_marks=True),
    World(name="S9", title="lost tail", figure=(4_206, 21), acts=(*HOLD, ("lose tail", 0))),
    World(
        name="S10",
        title="re-upload",
        figure=(3_082, 20),
        segments=(Segment(), Segment(again_of=0, late=True)),
        acts=(("place", 0), ("record", 1), ("freeze", 0)),
    ),
    World(
        name="S11",
        title="rescue",
        figure=(2_319, 19),
        covers=(Cover(kind="rescue", camera=0, until=2),),
        acts=(("place", 0),),
        ticks=3,
    ),
)

LIVE = (
    World(name="L1", title="hold", figure=(18_498, 29), acts=HOLD, ticks=3, commands=4, live=True),
    World(
        name="L2",
        title="longer",
        figure=(29_922, 36),
        segments=(Segment(due=1),),
        acts=(*HOLD, LONGER),
        ticks=3,
        commands=4,
        live=True,
    ),
    World(
        name="L3",
        title="shorter",
        figure=(45_451, 30),
        segments=(Segment(due=3),),
        acts=(*HOLD, SHORTER),
        ticks=3,
        commands=4,
        live=True,
    ),
    World(
        name="L4",
        title="poison",
        figure=(71_306, 33),
        covers=(POISON,),
        acts=(*HOLD, SETTLE),
        ticks=3,
        commands=6,
        live=True,
    ),
    World(
        name="L5",
        title="facts other",
        figure=(4_019, 25),
        segments=(Segment(worn=True),),
        covers=(Cover(officer=True),),
        acts=(("place", 0), ("file", 0)),
        commands=4,
        live=True,
        shift_true=False,
    ),
    World(name="L6", title="restart", figure=(10_281, 30), acts=(*HOLD, ("restart", 0)), commands=4, live=True),
    World(
        name="L7",
        title="cust restore",
        figure=(21_162, 32),
        acts=(*HOLD, *RESTORE),
        commands=4,
        live=True,
        sends_marks=True,
    ),
    World(name="L8", title="ret. empty", figure=(3_656, 31), acts=(*HOLD, ("forget", 0)), commands=4, live=True),
    World(
        name="L9",
        title="repeats",
        figure=(2_556, 25),
        acts=(*HOLD, ("extend", 0), ("repeat", 0)),
        ticks=3,
        commands=4,
        live=True,
    ),
    World(
        name="L10",
        title="never settled",
        figure=(7_386, 22),
        segments=(Segment(), Segment(camera=1)),
        covers=(POISON,),
        acts=(("place", 0),),
        ticks=1,
        commands=4,
        live=True,
        never_settled=True,
    ),
    World(
        name="L11",
        title="rescue",
        figure=(82_438, 37),
        covers=(Cover(), Cover(kind="rescue", camera=0, until=2)),
        acts=(*HOLD, ("place", 1)),
        ticks=3,
        commands=4,
        live=True,
    ),
    World(
        name="L12",
        title="never settled beside",
        figure=(0, 0),
        segments=(Segment(camera=1),),
        covers=(POISON, Cover(camera=1)),
        acts=(("place", 0), ("place", 1), ("release", 1)),
        commands=4,
        live=True,
        never_settled=True,
    ),
)

LARGE = (
    World(
        name="B1",
        title="2 holds, 1 late",
        figure=(260_032, 26),
        segments=(Segment(), LATE),
        covers=TWO_HOLDS,
        acts=(*HOLD, ("place", 1), ("record", 1)),
    ),
    World(
        name="B2",
        title="2 cameras, 3 segs",
        figure=(295_968, 25),
        segments=(Segment(), Segment(), Segment(camera=1)),
        covers=(Cover(camera=0),),
        acts=HOLD,
    ),
    World(
        name="B3",
        title="hold+request+longer",
        figure=(1_294_830, 29),
        segments=(Segment(due=1),),
        covers=(Cover(), Cover(kind="request")),
        acts=(*HOLD, ("place", 1), ("release", 1), LONGER),
    ),
    World(
        name="B4",
        title="hold+shorter, T=3",
        figure=(267_084, 26),
        segments=(Segment(due=3), Segment(due=4)),
        acts=(*HOLD, SHORTER),
        ticks=3,
    ),
    World(
        name="B5",
        title="restore, 2 segs",
        figure=(49_957, 24),
        segments=(Segment(), Segment()),
        acts=(("place", 0), *RESTORE),
        sends_marks=True,
        ticks=0,
    ),
    World(
        name="B6",
        title="restore+restart, 2 holds",
        figure=(931_292, 26),
        covers=TWO_HOLDS,
        acts=(*HOLD, ("place", 1), *RESTORE, ("restart", 0)),
        sends_marks=True,
        ticks=1,
    ),
    World(
        name="B7",
        title="poison+hold",
        figure=(106_299, 25),
        covers=(POISON, Cover()),
        acts=(*HOLD, SETTLE, ("place", 1)),
    ),
    World(
        name="B8",
        title="live, 2 segs, 2 holds",
        figure=(1_479_002, 43),
        segments=(Segment(), Segment(camera=1)),
        covers=(Cover(camera=0), Cover()),
        acts=(*HOLD, ("place", 1), ("release", 1)),
        ticks=3,
        commands=6,
        live=True,
    ),
    World(
        name="B9",
        title="live, hold+request+longer",
        figure=(2_270_621, 43),
        segments=(Segment(due=1),),
        covers=(Cover(), Cover(kind="request")),
        acts=(*HOLD, ("place", 1), ("release", 1), LONGER),
        ticks=3,
        commands=4,
        live=True,
    ),
    World(
        name="B11",
        title="custody and access restored",
        figure=(64_599, 24),
        acts=(*HOLD, *RESTORE, ("lose tail", 0)),
        ticks=1,
    ),
    World(
        name="B12",
        title="live, all three restored",
        figure=(162_772, 42),
        acts=(*HOLD, *RESTORE, ("lose tail", 0), ("forget", 0)),
        ticks=1,
        commands=5,
        live=True,
    ),
)

WORLDS = {world.name: world for world in (*SAFETY, *LIVE, *LARGE)}
