"""What another policy would have done to a log: the production decision functions over its history, no I/O inside."""

from services.kernel.canonical import canonical, digest_of
from services.kernel.simulation.epochs import PackMissing
from services.kernel.simulation.history import TOPICS_READ, History
from services.kernel.simulation.report import FORMAT, simulate
from services.kernel.simulation.run import Question

__all__ = ["FORMAT", "TOPICS_READ", "History", "PackMissing", "Question", "canonical", "digest_of", "simulate"]
