"""What every service loads, loaded once: the fork server imports this module, and each child shares its memory.

Nothing here may start a thread or open a connection: a fork would copy half of it.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from importlib import import_module

COMMON = (
    "services.access.bootstrap",
    "services.analytics.bootstrap",
    "services.ingest.bootstrap",
    "services.retention.bootstrap",
    "uvicorn.protocols.http.h11_impl",
)

for name in COMMON:
    import_module(name)

# Collected objects would be written to, and so be copied, by every child's first collection.
gc.collect()
if sys.platform == "linux":
    ctypes.CDLL(None).malloc_trim(0)
gc.freeze()
