"""A database kept as it stands, and put back later: what an installation's backup does to one service."""

from __future__ import annotations

import asyncpg


async def copied(dsn: str, source: str, target: str) -> None:
    """Copy a database over another, as a restored backup would be; whoever is connected to either is thrown out."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY($1)", [source, target]
        )
        await connection.execute(f'DROP DATABASE IF EXISTS "{target}"')
        await connection.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
    finally:
        await connection.close()
