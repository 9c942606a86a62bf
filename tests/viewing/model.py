"""The rules for bytes of a viewing in plain Python, written from docs/viewing.md and not from the policies."""

from __future__ import annotations

from services.access.media.facts import Asked


def allows(asked: Asked) -> bool:
    """Tell whether these bytes may leave."""
    return _is_granted(asked) and _is_token_good(asked) and _may_be_seen(asked)


def _is_granted(asked: Asked) -> bool:
    grant = asked.grant
    return (
        grant.granted
        and grant.person == asked.person
        and asked.now < grant.until
        and "view" in grant.actions
        and asked.camera in grant.cameras
        and asked.starts < asked.ends
        and grant.starts <= asked.starts
        and asked.ends <= grant.ends
    )


def _is_token_good(asked: Asked) -> bool:
    token = asked.token
    return (
        (token.person, token.address, token.viewing) == (asked.person, asked.address, asked.viewing.id)
        and token.grant_version == asked.grant.version
        and token.starts <= asked.starts
        and asked.ends <= token.ends
        and asked.now < token.expires
    )


def _may_be_seen(asked: Asked) -> bool:
    viewing = asked.viewing
    return (
        viewing.logged
        and viewing.lists
        and not viewing.ended
        and viewing.purpose == asked.purpose
        and (asked.company_present or not asked.company_needed)
        and asked.mask_needed <= asked.mask_attested
        and not asked.programme_over
        and asked.kept
    )
