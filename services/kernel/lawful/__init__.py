"""Was every destruction on the log lawful? Judged from the log alone, with what custody had read when it marked."""

from services.kernel.lawful.judge import Broken, Judge, Promise
from services.kernel.lawful.known import FIRST

__all__ = ["FIRST", "Broken", "Judge", "Promise"]
