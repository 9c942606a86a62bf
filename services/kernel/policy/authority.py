"""Who may take a step: a role, a rank at or above the step's, or one dated delegation of somebody who may."""

from collections.abc import Mapping

from services.kernel.policy.facts import Facts, answered, instant, mappings, text
from services.kernel.policy.pack import Pack
from services.kernel.policy.rules import Step


def authority(pack: Pack, chosen: Step, facts: Facts) -> tuple[str, str]:
    """Why the person may not, or "", and the person who delegated to him, if any."""
    links = mappings(facts.get("delegation"))
    if not links:
        return ("" if entitled(pack, chosen, facts) else "not_entitled"), ""
    if chosen.delegable < 1:
        return "not_delegable", ""
    giver = links[0].get("by")
    if len(links) > chosen.delegable or not isinstance(giver, Mapping) or answered(giver.get("delegation")):
        return "delegation_too_deep", ""
    start, end = instant(links[0].get("from"), pack.zone), instant(links[0].get("to"), pack.zone)
    now = instant(facts.get("at"), pack.zone)
    if start is None or end is None or now is None or not start <= now < end:
        return "delegation_not_in_force", ""
    if not text(giver.get("person")) or not entitled(pack, chosen, giver):
        return "not_entitled", ""
    return "", text(giver.get("person"))


def entitled(pack: Pack, chosen: Step, holder: Facts) -> bool:
    if text(holder.get("role")) in chosen.roles:
        return True
    rank = text(holder.get("rank"))
    if not chosen.min_rank or rank not in pack.ranks:
        return False
    return pack.ranks.index(rank) >= pack.ranks.index(chosen.min_rank)
