"""Who still works on a service's tables: a switch below a running worker would take the ground from under it."""

from __future__ import annotations

from confluent_kafka import ConsumerGroupState
from confluent_kafka.admin import AdminClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime.consumer import LIBRARY
from services.runtime.settings import Settings

ASK_S = 15.0
ANOTHER = "another replay of this service is running: see `camledger replay status`"
AT_REST = (ConsumerGroupState.EMPTY, ConsumerGroupState.DEAD)
OTHERS = text("""
    SELECT DISTINCT coalesce(nullif(application_name, ''), 'somebody without a name') FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
    AND application_name <> 'camledger-operations' ORDER BY 1""")


class NotNow(Exception):
    """The replay is refused as things stand; the message says what to do."""


def active_groups(settings: Settings, service: str) -> list[str]:
    """Return the service's consumer groups that have members."""
    admin = AdminClient(dict(settings.client()), logger=LIBRARY)
    listed = admin.list_consumer_groups(request_timeout=ASK_S).result()
    ours = f"{settings.topic_prefix}{service}."
    return sorted(g.group_id for g in listed.valid if g.group_id.startswith(ours) and g.state not in AT_REST)


async def connected(tx: AsyncConnection) -> list[str]:
    """Return who else has this database open."""
    return [str(name) for name in await tx.scalars(OTHERS)]
