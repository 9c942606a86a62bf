"""Creates the topics in a process that ends afterwards: the supervisor need not keep a broker's client in memory."""

from __future__ import annotations


def create_topics(kafka: str, database: str) -> None:
    """Create what is missing and verify what is there. Raises what the broker refuses."""
    from services.runtime.settings import Settings
    from services.runtime.topics_admin import ensure_topics

    ensure_topics(Settings(service="access", kafka=kafka, database=database))
