"""The command line as a client of the services' HTTP API: addresses, tokens, and how a refusal looks on screen."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

from services.cli.terminal import DONE, NOT_REACHABLE, REFUSED, WRONG_USE, console, errors, fail

if TYPE_CHECKING:  # 7 MB that the supervisor never needs, 0.15 s that `--help` doesn't
    import httpx

__all__ = ["DONE", "NOT_REACHABLE", "REFUSED", "WRONG_USE", "CallRefused", "Client", "NotReachable"]
__all__ += ["Addresses", "Json", "addresses", "console", "errors", "fail", "home_folder", "path"]

TIMEOUT_SECONDS = 60.0

Json = Any
"""What an API answers: whatever JSON allows."""


def path(*parts: str) -> str:
    """Return the path of a resource; each part stays one part, whatever characters stand in it."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def home_folder() -> Path:
    """Return the data folder of this installation: CAMLEDGER_HOME, else ``.camledger`` here."""
    return Path(os.environ.get("CAMLEDGER_HOME", ".camledger"))


@dataclass(frozen=True, slots=True)
class Addresses:
    """What ``camledger up`` (or an operator) wrote into ``client.json``."""

    services: Mapping[str, str]  # service -> base URL
    people: Mapping[str, str]  # account -> bearer token


def addresses(home: Path | None = None) -> Addresses:
    """Read ``client.json``; ends with exit code 3 and the remedy if it isn't there."""
    file = (home or home_folder()) / "client.json"
    try:
        found = json.loads(file.read_text())
        return Addresses(services=dict(found["services"]), people=dict(found["people"]))
    except (FileNotFoundError, NotADirectoryError):
        here = "start `camledger up`, or set CAMLEDGER_HOME to its data folder"
        cluster = f"for a cluster write {file.name} with its addresses and your token (docs/install.md)"
        fail(NOT_REACHABLE, f"{file} does not exist: {here}; {cluster}")
    except OSError as error:
        fail(NOT_REACHABLE, f"{file} can't be read ({error.strerror}): call as whoever runs `camledger up`")
    except (ValueError, KeyError, TypeError) as error:
        fail(NOT_REACHABLE, f"{file} is not what `camledger up` writes ({error}): start `camledger up` again")


class CallRefused(Exception):
    """A service refused; ``problem`` is its problem document (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Json]) -> None:
        self.status, self.problem = status, problem
        super().__init__(f"{problem.get('title', 'refused')}: {problem.get('detail', '')}")


class NotReachable(Exception):
    """A service does not answer, or says that something it needs does not."""


class Client:
    """Calls the services as one person. Raises CallRefused, NotReachable; without a token the program ends."""

    def __init__(self, account: str, home: Path | None = None) -> None:
        known = addresses(home)
        token = os.environ.get("CAMLEDGER_TOKEN") or known.people.get(account)
        if token is None:
            people = ", ".join(sorted(known.people)) or "nobody"
            fail(WRONG_USE, f"no token for {account!r}: use --as with one of {people}, or set CAMLEDGER_TOKEN")
        if not (token.isascii() and token.isprintable() and token.strip()):
            fail(WRONG_USE, f"the token of {account!r} can't be one: printable ASCII, such as `people add` prints it")
        import httpx

        from services.runtime.certificates import trusted

        self._services = known.services
        # A command makes a call or two: no connection stays open behind an answer.
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
            limits=httpx.Limits(max_keepalive_connections=0),
            verify=trusted(*known.services.values()),
        )

    def get(self, service: str, path: str, **params: object) -> Json:
        """GET ``/api/v1<path>`` of a service; parameters that are None are left out."""
        return self._json(service, self._call(service, "GET", path, params=_stated(params)))

    def post(self, service: str, path: str, body: Mapping[str, object] | None = None) -> Json:
        """POST JSON to ``/api/v1<path>`` of a service; an empty answer is None."""
        answer = self._call(service, "POST", path, json=dict(body or {}))
        return self._json(service, answer) if answer.content else None

    def upload(self, service: str, path: str, source: IO[bytes], declared: str, **params: object) -> Json:
        """PUT an open file as it is, declared as what it is; nothing of it is held in memory."""
        headers = {"content-type": declared}
        return self._json(
            service, self._call(service, "PUT", path, content=source, headers=headers, params=_stated(params))
        )

    def text(self, service: str, path: str, **params: object) -> str:
        """GET something that isn't JSON, a CSV for example."""
        return self._call(service, "GET", path, params=_stated(params)).text

    def download(self, service: str, path: str, into: IO[bytes], **params: object) -> int:
        """Stream a body into an open file; return the bytes received."""
        received = 0
        with (
            self._reachable(service),
            self._http.stream("GET", self._url(service, path), params=_stated(params)) as answer,
        ):
            if answer.is_error:
                answer.read()
                raise _refusal(answer)
            for chunk in answer.iter_bytes():
                received += into.write(chunk)
        return received

    def _call(self, service: str, method: str, path: str, **kwargs: Json) -> httpx.Response:
        with self._reachable(service):
            try:
                answer = self._http.request(method, self._url(service, path), **kwargs)
            except ValueError as error:
                # Numbers without an end and bytes that are no text: JSON has no form for them.
                fail(WRONG_USE, f"what was typed can't be sent ({error}): give plain text and finite numbers")
        if answer.is_error:
            raise _refusal(answer)
        return answer

    def _json(self, service: str, answer: httpx.Response) -> Json:
        try:
            return answer.json()
        except ValueError:
            known = self._services.get(service)
            raise NotReachable(
                f"something else than {service} answers at {known}: start `camledger up` again"
            ) from None

    def _url(self, service: str, path: str) -> str:
        base = self._services.get(service)
        if base is None:
            raise NotReachable(f"client.json names no address for {service}")
        return f"{base}/api/v1{path}"

    @contextmanager
    def _reachable(self, service: str) -> Iterator[None]:
        import httpx

        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise NotReachable(f"{service} at {self._services.get(service)} does not answer ({reason})") from error


def _refusal(answer: httpx.Response) -> CallRefused:
    try:
        problem = answer.json()
    except ValueError:
        problem = {"title": answer.reason_phrase, "detail": answer.text[:500]}
    if not isinstance(problem, dict):
        problem = {"title": answer.reason_phrase, "detail": str(problem)}
    return CallRefused(answer.status_code, problem)


def _stated(params: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in params.items() if value is not None}
