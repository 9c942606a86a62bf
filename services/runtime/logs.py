"""Log lines: one JSON object each, or readable ones for a terminal. Never personal data or the bytes of a record.

Forty lines of our own: the usual library loads a terminal renderer into every process, a tenth of its memory.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from time import monotonic
from types import TracebackType

from services.runtime.settings import Settings

SAME_AGAIN_S = 30.0
TROUBLES_MAX = 200
NUMBER = re.compile(r"\d+")
LEVELS = logging.getLevelNamesMapping()


class Log:
    """Writes lines to standard error: ``info("worker.assigned", partitions=4)``; events are dotted, fields named."""

    def __init__(self) -> None:
        self._service = ""
        self._least = logging.INFO
        self._readable = False

    def configure(self, settings: Settings) -> None:
        """Take service, least level and form from the settings."""
        self._service = settings.service
        self._least = LEVELS[settings.log_level.upper()]
        self._readable = settings.log_format == "console"

    def debug(self, event: str, **fields: object) -> None:
        """Write what helps only while looking for a fault."""
        self._write("debug", event, fields)

    def info(self, event: str, **fields: object) -> None:
        """Write what an operator may want to know."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Write what passes by itself but should not happen often."""
        self._write("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Write what a person has to look at."""
        self._write("error", event, fields)

    def critical(self, event: str, **fields: object) -> None:
        """Write why the process ends."""
        self._write("critical", event, fields)

    def exception(self, event: str, **fields: object) -> None:
        """Write an error with the traceback of the exception in hand."""
        self._write("error", event, fields | {"exception": _traced()})

    def _write(self, level: str, event: str, fields: dict[str, object]) -> None:
        if LEVELS[level.upper()] < self._least:
            return
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        line = {"at": now, "level": level, "service": self._service, "event": event} | fields
        sys.stderr.write((_readable(line) if self._readable else json.dumps(line, default=str)) + "\n")
        sys.stderr.flush()


def _traced() -> str:
    # confluent_kafka raises objects that are no exceptions; the traceback module can't print those.
    _, value, trace = sys.exc_info()
    if isinstance(value, BaseException):
        return traceback.format_exc()
    return "".join(traceback.format_tb(trace)) + repr(value)


class _Libraries(logging.Handler):
    """Lines of libraries, in our form; a broker that is away for minutes is told of once in a while."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        # Numbers differ from try to try; what is left names the trouble.
        trouble = NUMBER.sub("", text)
        if monotonic() - self._said_at.get(trouble, -SAME_AGAIN_S) < SAME_AGAIN_S:
            return
        if len(self._said_at) > TROUBLES_MAX:
            self._said_at.clear()
        self._said_at[trouble] = monotonic()
        fields: dict[str, object] = {"library": record.name, "text": text}
        if record.exc_info:
            fields["exception"] = logging.Formatter().formatException(record.exc_info)
        LOG._write(record.levelname.lower(), "library", fields)  # noqa: SLF001 - the same module


LOG = Log()


def configure(settings: Settings) -> None:
    """Write every line of this process to standard error in one form: ours, those of libraries, and the very last."""
    LOG.configure(settings)
    sys.excepthook = _last_word
    logging.basicConfig(handlers=[_Libraries()], level=logging.WARNING, force=True)


def _last_word(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Tell what nobody caught. A traceback over many lines is none to whoever collects them."""
    told = "".join(traceback.format_exception(kind, error, trace))
    LOG.critical("process.failed", reason=f"{kind.__name__}: {error}", exception=told)


def logger() -> Log:
    """Return the process's log."""
    return LOG


def _readable(line: dict[str, object]) -> str:
    at, level, service, event, *rest = line.items()
    fields = " ".join(f"{name}={value}" for name, value in rest)
    return f"{str(at[1])[11:19]} {level[1]!s:8} {service[1]!s:10} {event[1]} {fields}".rstrip()
