"""The calm world of the short stories, for every file of them."""

from tests.simulation.test_found import calm

__all__ = ["calm"]
