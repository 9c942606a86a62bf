"""Memory that start-up needed and nothing needs again goes back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys


def give_back() -> None:
    """Collect, and return free pages: glibc keeps them otherwise, about 5 MB a service after its start."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:  # musl has none and keeps little
        trim(0)
