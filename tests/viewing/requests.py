"""Random requests for bytes, most of them one or two steps from being allowed: far away every rule agrees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

from services.access.media.facts import Asked, Grant, Seen, Token

NOW: Final = 1_796_000_000_000
NAMES: Final = ("p-lin", "p-wu", "", 'p-"x" || true', "p-林", "p-lin ", "P-LIN")
ADDRESSES: Final = ("127.0.0.1", "10.0.0.7", "::1", "")
CAMERAS: Final = ("cam-1", "cam-2", 'cam-"', "攝影機-3")
AREAS: Final = ("window-1", "window-2", "door")
NEAR: Final = (-60_000, -1, 0, 1, 60_000)
Change = Callable[[Asked, Random], Asked]


def allowed() -> Asked:
    """Return a request that everything speaks for."""
    return Asked(
        person="p-lin",
        address="127.0.0.1",
        now=NOW,
        purpose="theft",
        camera="cam-1",
        starts=NOW - 7_200_000,
        ends=NOW - 3_600_000,
        kept=True,
        grant=Grant(
            granted=True,
            person="p-lin",
            version=1,
            actions=frozenset({"view"}),
            cameras=frozenset({"cam-1"}),
            starts=NOW - 7_200_000,
            ends=NOW - 3_600_000,
            until=NOW + 1,
        ),
        token=Token(
            person="p-lin",
            address="127.0.0.1",
            viewing="v-1",
            grant_version=1,
            starts=NOW - 7_200_000,
            ends=NOW - 3_600_000,
            expires=NOW + 1,
        ),
        viewing=Seen(id="v-1", logged=True, lists=True, ended=False, purpose="theft"),
        company_needed=False,
        company_present=False,
        mask_needed=frozenset(),
        mask_attested=frozenset(),
        programme_over=False,
    )


def some(random: Random) -> Asked:
    """Return a request with up to four things changed."""
    asked = allowed()
    for change in random.choices(CHANGES, k=random.choice((0, 1, 1, 1, 2, 2, 3, 4))):
        asked = change(asked, random)
    return asked


def _person(asked: Asked, random: Random) -> Asked:
    return replace(asked, person=random.choice(NAMES))


def _everybody(asked: Asked, random: Random) -> Asked:
    # Another person whose own grant and token these are: allowed again, whatever his name looks like.
    name = random.choice(NAMES)
    grant, token = replace(asked.grant, person=name), replace(asked.token, person=name)
    return replace(asked, person=name, grant=grant, token=token)


def _grant(asked: Asked, random: Random) -> Asked:
    grant = asked.grant
    changed = random.choice(
        (
            replace(grant, granted=random.random() < 0.5),
            replace(grant, person=random.choice(NAMES)),
            replace(grant, version=random.choice((0, 1, 2))),
            replace(grant, actions=frozenset(random.sample(("view", "copy", "use", "View"), random.randrange(4)))),
            replace(grant, cameras=frozenset(random.sample(CAMERAS, random.randrange(4)))),
            replace(grant, starts=grant.starts + random.choice(NEAR)),
            replace(grant, ends=grant.ends + random.choice(NEAR)),
            replace(grant, until=asked.now + random.choice(NEAR)),
        )
    )
    return replace(asked, grant=changed)


def _token(asked: Asked, random: Random) -> Asked:
    token = asked.token
    changed = random.choice(
        (
            replace(token, person=random.choice(NAMES)),
            replace(token, address=random.choice(ADDRESSES)),
            replace(token, viewing=random.choice(("v-1", "v-2", ""))),
            replace(token, grant_version=random.choice((0, 1, 2))),
            replace(token, starts=token.starts + random.choice(NEAR)),
            replace(token, ends=token.ends + random.choice(NEAR)),
            replace(token, expires=asked.now + random.choice(NEAR)),
        )
    )
    return replace(asked, token=changed)


def _viewing(asked: Asked, random: Random) -> Asked:
    seen = asked.viewing
    changed = random.choice(
        (
            replace(seen, id=random.choice(("v-1", "v-2"))),
            replace(seen, logged=random.random() < 0.5),
            replace(seen, lists=random.random() < 0.5),
            replace(seen, ended=random.random() < 0.5),
            replace(seen, purpose=random.choice(("theft", "", "curiosity"))),
        )
    )
    return replace(asked, viewing=changed)


def _footage(asked: Asked, random: Random) -> Asked:
    return random.choice(
        (
            replace(asked, camera=random.choice(CAMERAS)),
            replace(asked, starts=asked.starts + random.choice(NEAR)),
            replace(asked, ends=asked.ends + random.choice(NEAR)),
            replace(asked, ends=asked.starts + random.choice(NEAR)),
            replace(asked, kept=random.random() < 0.5),
        )
    )


def _around(asked: Asked, random: Random) -> Asked:
    return random.choice(
        (
            replace(asked, address=random.choice(ADDRESSES)),
            replace(asked, now=asked.now + random.choice(NEAR)),
            replace(asked, purpose=random.choice(("theft", "", "curiosity"))),
            replace(asked, programme_over=random.random() < 0.5),
        )
    )


def _company(asked: Asked, random: Random) -> Asked:
    return replace(asked, company_needed=random.random() < 0.7, company_present=random.random() < 0.5)


def _mask(asked: Asked, random: Random) -> Asked:
    needed, attested = (frozenset(random.sample(AREAS, random.randrange(4))) for _ in range(2))
    return replace(asked, mask_needed=needed, mask_attested=attested)


CHANGES: Final[tuple[Change, ...]] = (
    _person,
    _everybody,
    _grant,
    _grant,
    _token,
    _token,
    _viewing,
    _footage,
    _around,
    _company,
    _mask,
)
