"""What start-up leaves: memory that nothing needs again goes back, objects that stay are collected no more."""

from __future__ import annotations

import ctypes
import gc
import sys


def settle() -> None:
    """Collect, leave what is here out of later collections, and return free pages: glibc keeps about 5 MB otherwise.

    A full collection goes through everything that was imported, some 80 ms in which a worker stands still; and a forked
    child's first one would write to, and so copy, all that it shares.
    """
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:  # musl has none and keeps little
        trim(0)
