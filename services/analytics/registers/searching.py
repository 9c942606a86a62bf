"""What a person types to find a row of a register: each word of it must stand somewhere in what people wrote there.

Codes such as kinds, acts and outcomes aren't looked through: pages show them as words of another language.
"""

from __future__ import annotations

from typing import Final

from services.runtime.http import Refusal

SEARCH_MAX: Final = 100
"""Characters of a search."""

# By register, as SQL over the tables that its rows are read from.
LOOKED_THROUGH: Final = {
    "catalog": """s.location, s.officer, s.shift, worn.officer, worn.shift, c.device_owner, s.camera_id,
        encode(s.sha256, 'hex'), s.destroyed_by, s.transfer_repository, s.transfer_case""",
    "requests": """r.request_id, r.requester, r.unit, r.title, r.on_behalf_of, r.duty_item, r.cause, r.purpose,
        r.legal_basis, r.statute, r.use, r.reference, r.case_number, r.cameras, r.routed_to, signed.steps""",
    "access": """a.person, a.request_id, a.address, a.project, a.cameras, a.purpose, a.legal_basis, r.unit, r.cause,
        r.purpose, r.legal_basis, r.reference, r.case_number, decided.person, v.accompanied_by, a.copy_number,
        encode(a.sha256, 'hex'), a.signed_by""",
}


def condition(register: str) -> str:
    """Return the SQL that holds for a row in which every pattern of ``:words`` is found, for each if there are none."""
    return f"""(CAST(:words AS text[]) IS NULL
       OR concat_ws(' ', {LOOKED_THROUGH[register]}) ILIKE ALL (CAST(:words AS text[])))"""


def patterns(search: str) -> tuple[str, ...] | None:
    """Return a pattern for each word that was typed, None where there is none; its own signs mean themselves."""
    words = (word.translate({ord(sign): f"\\{sign}" for sign in "\\%_"}) for word in search.split())
    return tuple(f"%{word}%" for word in words) or None


def too_wide() -> Refusal:
    """The catalog has a row for each recording: looking through all of them takes minutes."""
    return Refusal(
        "SearchTooWide",
        status=422,
        title="Too much to look through",
        detail="a search of the whole catalog looks at every recording there is",
        rule="register.search",
        remedy="name a camera or a request, too",
    )
