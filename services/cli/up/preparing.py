"""Topics and tables, made ready in a process that ends afterwards.

A broker's client and a migration tool leave 30 MB behind in whoever used them: neither the supervisor nor the services
need them again.
"""

from __future__ import annotations


def prepare(kafka: str, database: str) -> None:
    """Create what is missing, verify what is there. Ends with 1 when a topic isn't as ours must be."""
    from services.cli.client import REFUSED, fail
    from services.cli.operations.migrating import PACKAGES
    from services.runtime.migrate import migrate
    from services.runtime.settings import Settings
    from services.runtime.topics_admin import TopicLost, TopicsDiffer, ensure_topics
    from services.runtime.topics_read import readers

    settings = Settings(service="access", kafka=kafka, database=database)
    try:
        ensure_topics(settings, readers=readers)
    except (TopicsDiffer, TopicLost) as refused:
        fail(REFUSED, str(refused))
    for name, package in PACKAGES.items():
        migrate(settings, name, package=package)
