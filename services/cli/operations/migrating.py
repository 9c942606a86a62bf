"""``camledger migrate``: databases, roles, migrations and topics. What the chart's Job and compose run before all else.

Running it again changes nothing. It needs the addresses of broker and database and nothing else of an installation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated

import typer

from services.cli.client import DONE, REFUSED, WRONG_USE, fail
from services.cli.operations.installed import AtData, installed
from services.cli.operations.reached import reaching
from services.cli.show import AsJson, answer
from services.kernel.topics import BY_NAME, SERVICES, TOPICS, Topic
from services.runtime.settings import Settings

VAULT = "vault"
# Database -> package of its migrations; the vault is access' own second one.
PACKAGES = {service: f"services.{service}" for service in SERVICES} | {VAULT: "services.access.vault"}

Accepted = Annotated[
    list[str] | None,
    typer.Option(
        "--accept-lost-topic",
        help="Make this topic (such as hold.events) anew, empty, though it was read before; `camledger replay "
        "write-again` fills those of access. It stands in the log of this command. May be repeated.",
    ),
]


def migrate(
    service: Annotated[list[str] | None, typer.Argument(help="Services; none means all.")] = None,
    topics: Annotated[bool, typer.Option(help="Create or check the topics as well.")] = True,
    expand_only: Annotated[bool, typer.Option(help="Stop before what the running version can't live with.")] = False,
    accepted: Accepted = None,
    data: AtData = None,
    as_json: AsJson = False,
) -> None:
    """Create what is missing and bring every database to the newest revision; a second run changes nothing."""
    chosen = databases_of(service or SERVICES)
    if unknown := set(accepted or ()) - BY_NAME.keys():
        fail(WRONG_USE, f"no topic of ours is called {', '.join(sorted(unknown))}")
    with installed(data) as settings, reaching(settings):
        rows = [_database(settings, name, expand_only=expand_only) for name in chosen]
        rows += _topics(settings, accepted or ()) if topics else []
    answer(rows, as_json, columns=("what", "name", "done"))
    raise typer.Exit(DONE)


def databases_of(services: Iterable[str]) -> list[str]:
    """Return the databases of some services; access has two."""
    chosen = list(services)
    if unknown := set(chosen) - set(SERVICES):
        fail(WRONG_USE, f"unknown service {', '.join(sorted(unknown))}: one of {', '.join(SERVICES)}")
    return [*chosen, *([VAULT] if "access" in chosen else [])]


def _database(settings: Settings, name: str, *, expand_only: bool) -> dict[str, str]:
    from services.runtime import migrate as migrations

    ran = migrations.migrate(settings, name, package=PACKAGES[name], contract=not expand_only)
    faults = [] if expand_only else migrations.drift(settings, name, package=PACKAGES[name])
    if faults:
        fail(REFUSED, f"{name}: the database isn't what this version knows: {'; '.join(faults)}")
    return {"what": "database", "name": name, "done": ", ".join(ran) or "up to date"}


def _topics(settings: Settings, accepted: Collection[str]) -> list[dict[str, str]]:
    from services.runtime.topics_admin import TopicLost, TopicsDiffer, ensure_topics
    from services.runtime.topics_read import readers

    try:
        made = ensure_topics(settings, readers=readers, accepted=accepted)
    except (TopicsDiffer, TopicLost) as refused:
        fail(REFUSED, str(refused))
    return [
        {"what": "topic", "name": t.full_name(settings.topic_prefix), "done": _made(t, settings, made)} for t in TOPICS
    ]


def _made(topic: Topic, settings: Settings, made: list[str]) -> str:
    return "created" if topic.full_name(settings.topic_prefix) in made else "as it should be"
