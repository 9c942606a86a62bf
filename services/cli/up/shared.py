"""What every service loads, loaded once: the fork server imports this module, and each child shares its memory.

Nothing here may start a thread or open a connection: a fork would copy half of it.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module

from services.runtime.memory import settle
from services.runtime.packs import PackBroken, load_pack, pack_folders
from services.runtime.settings import Settings

COMMON = (
    "services.access.bootstrap",
    "services.analytics.bootstrap",
    "services.ingest.bootstrap",
    "services.retention.bootstrap",
    # What the first request would load, in each process anew.
    "anyio._backends._asyncio",
    "encodings.idna",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.http.h11_impl",
)

for name in COMMON:
    import_module(name)

for folder in pack_folders(Settings().policies):
    # What is wrong with a pack, the service that needs it says.
    with suppress(PackBroken, OSError):
        load_pack(folder)

settle()
