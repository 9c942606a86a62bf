"""The command line as a client of the services' HTTP API: addresses, tokens, and how a refusal looks on screen."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

import httpx
import typer
from rich.console import Console
from rich.markup import escape

DONE, REFUSED, WRONG_USE, NOT_REACHABLE = 0, 1, 2, 3
TIMEOUT_SECONDS = 60.0
UNAVAILABLE = {502, 503, 504}

Json = Any
"""What an API answers: whatever JSON allows."""

console = Console()
errors = Console(stderr=True)


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
    path = (home or home_folder()) / "client.json"
    try:
        found = json.loads(path.read_text())
        return Addresses(services=found["services"], people=found["people"])
    except FileNotFoundError:
        fail(NOT_REACHABLE, f"{path} does not exist: start `camledger up`, or set CAMLEDGER_HOME to its data folder")
    except (ValueError, KeyError) as error:
        fail(NOT_REACHABLE, f"{path} is not what `camledger up` writes ({error}): start `camledger up` again")


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
        self._services = known.services
        # A command makes a call or two: no connection stays open behind an answer.
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def get(self, service: str, path: str, **params: object) -> Json:
        """GET ``/api/v1<path>`` of a service; parameters that are None are left out."""
        return self._call(service, "GET", path, params=_stated(params)).json()

    def post(self, service: str, path: str, body: Mapping[str, object] | None = None) -> Json:
        """POST JSON to ``/api/v1<path>`` of a service; an empty answer is None."""
        answer = self._call(service, "POST", path, json=dict(body or {}))
        return answer.json() if answer.content else None

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
            answer = self._http.request(method, self._url(service, path), **kwargs)
        if answer.is_error:
            raise _refusal(answer)
        return answer

    def _url(self, service: str, path: str) -> str:
        base = self._services.get(service)
        if base is None:
            raise NotReachable(f"client.json names no address for {service}")
        return f"{base}/api/v1{path}"

    @contextmanager
    def _reachable(self, service: str) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise NotReachable(f"{service} at {self._services.get(service)} does not answer ({reason})") from error


def tell(refused: CallRefused) -> int:
    """Print what a service refused and why; return the exit code."""
    problem = refused.problem
    lines = [f"[bold]{escape(str(problem.get('title', 'refused')))}[/bold]  {escape(str(problem.get('detail', '')))}"]
    told = [
        f"  {name}: {_flat(problem[name])}" for name in ("rule", "clauses", "missing", "remedy") if problem.get(name)
    ]
    told += [f"  {fault.get('where', '')}: {fault.get('why', '')}" for fault in problem.get("faults") or ()]
    # What the agency's own rule says, in each language that its pack speaks.
    told += [f"  {said}" for said in dict(problem.get("message") or {}).values()]
    errors.print(*lines, *map(escape, told), sep="\n", highlight=False)
    return NOT_REACHABLE if refused.status in UNAVAILABLE else REFUSED


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


def fail(code: int, message: str) -> NoReturn:
    """Print ``message`` as an error and end with ``code``."""
    errors.print(f"[bold]error[/bold]  {escape(message)}", highlight=False)
    raise typer.Exit(code)


def _flat(value: object) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
