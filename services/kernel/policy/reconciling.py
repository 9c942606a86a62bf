"""Acts on the log that no grant, or no register entry, accounts for."""

from services.kernel.policy.facts import Facts, answered, mappings, text, texts
from services.kernel.policy.needs import unique
from services.kernel.policy.pack import Pack
from services.kernel.policy.rules import Violation
from services.kernel.policy.verdicts import Finding, Reconciliation


def reconcile(pack: Pack, facts: Facts) -> Reconciliation:
    """Compare ``acts`` with ``grants`` and ``register``; a list that isn't given accounts for nothing."""
    found = [
        Finding(rule=rule.id, act=text(done.get("id")), clauses=rule.clauses)
        for rule in pack.violations
        for done in mappings(facts.get("acts"))
        if text(done.get("act")) in rule.acts and not _accounted(rule, done, facts)
    ]
    return Reconciliation(
        outcome="findings" if found else "clean",
        rule=found[0].rule if found else "",
        clauses=unique(clause for each in found for clause in each.clauses),
        findings=tuple(found),
    )


def _accounted(rule: Violation, done: Facts, facts: Facts) -> bool:
    if rule.without == "register":
        entries = mappings(facts.get("register"))
        return bool(text(done.get("id"))) and any(entry.get("act") == done.get("id") for entry in entries)
    if done.get("act") == "destroy" and answered(done.get("clearance")) and answered(done.get("policy_version")):
        # A timer destroys under the binding version and a clearance: that is its grant, not a violation.
        return True
    return any(_grants(grant, done) for grant in mappings(facts.get("grants")))


def _grants(grant: Facts, done: Facts) -> bool:
    named = bool(text(done.get("grant"))) and grant.get("id") == done.get("grant")
    return named and grant.get("state") == "granted" and text(done.get("act")) in texts(grant.get("actions"))
