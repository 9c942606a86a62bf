"""The embedded default: a real Kafka broker and a real Postgres, children of this process, on loopback, in one folder.

Nothing but pip is needed: jars come by coordinate and hash, Java and Postgres from wheels where the machine has none.
"""

from services.runtime.embedded.errors import CannotStart, DataFolderInUse, DownloadRefused, EmbeddedError
from services.runtime.embedded.stack import Stack

__all__ = ["CannotStart", "DataFolderInUse", "DownloadRefused", "EmbeddedError", "Stack"]
