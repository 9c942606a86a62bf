"""Deletion certificates: their one way to be written, and their check by a stranger without network or our word."""

from services.kernel.canonical import canonical
from services.kernel.certificate.document import FORMAT, UNKNOWN, digest, exact, sealed
from services.kernel.certificate.verify import Verified, verify

__all__ = ["FORMAT", "UNKNOWN", "Verified", "canonical", "digest", "exact", "sealed", "verify"]
