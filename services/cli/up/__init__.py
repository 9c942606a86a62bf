"""``camledger up``: broker, database, the four services and the status page on one machine, in one folder."""

from services.cli.up.installation import Installation, NotReady

__all__ = ["Installation", "NotReady"]
