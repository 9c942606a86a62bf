"""The HTTP interface of a service: health, metrics, OpenAPI and refusals are the same everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

import asyncpg
import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from services.runtime import database, telemetry
from services.runtime.beats import Beats
from services.runtime.body_limit import BodyLimit
from services.runtime.identity import People
from services.runtime.lineage import DatabaseReplaced, DatabaseSilent
from services.runtime.logs import logger
from services.runtime.rates import RateLimit, Rates
from services.runtime.refusal import Refusal
from services.runtime.settings import Settings

if TYPE_CHECKING:
    from services.runtime.oidc.door import Door

__all__ = ["HealthPart", "HttpPart", "Refusal", "new_app"]

PROBLEM = "application/problem+json"
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
BEAT_S = 1.0
READY_S = 3.0
# A plan for any value reads whole tables where this value has ten rows; planning anew costs less than a millisecond.
PLANNED_FOR_VALUES = {**database.WORKER_LIMITS, "plan_cache_mode": "force_custom_plan"}
_AWAY = Refusal(
    "DatabaseSilent",
    status=503,
    title="The database doesn't answer",
    detail="Nothing was changed, unless the connection was lost while it was being written down.",
    remedy="Look whether it is there now, and ask again; operators: `camledger doctor`.",
)


class HttpPart:
    """A part of a process: uvicorn with the app that ``build`` makes, on the address of the settings."""

    role = "http"
    beat_within_s = 60.0

    def __init__(self, settings: Settings, build: Callable[[], FastAPI], name: str = "http") -> None:
        self.name = name
        self._settings = settings
        self._build = build

    def run(self, stop: Event, beat: Callable[[], None]) -> None:
        """Serve until ``stop``; requests in hand are answered first."""
        asyncio.run(self._serve(stop, beat))

    async def _serve(self, stop: Event, beat: Callable[[], None]) -> None:
        host, port = self._settings.http_host, self._settings.http_port
        config = uvicorn.Config(
            self._build(),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=10,
            # Whom a forwarded address is believed of is said by settings, and on loopback it isn't everybody.
            proxy_headers=False,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve())  # noqa: SLF001 - serve() would take the process's signals
        while not stop.is_set() and not serving.done():
            beat()
            await asyncio.sleep(0.1)
        server.should_exit = True
        await serving


class HealthPart(HttpPart):
    """Health and metrics alone, for a process that serves nothing else: what a cluster's probes ask."""

    role = "health"

    def __init__(self, settings: Settings, service: str) -> None:
        super().__init__(settings, lambda: new_app(service, settings, title=f"camledger {service}"), name="health")


def new_app(service: str, settings: Settings, *, title: str, routers: Sequence[APIRouter] = ()) -> FastAPI:
    """Return an app with health, metrics and problem+json; ``app.state`` has engine, settings and people.

    The engine is opened in the server's event loop. Commit inside the route, never in a dependency that yields:
    its end runs after the answer was sent.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.engine = database.engine(settings, service, application=f"{service}.http", limits=PLANNED_FOR_VALUES)
        resting = asyncio.create_task(database.rest(app.state.engine))
        yield
        resting.cancel()
        await app.state.engine.dispose()

    app = FastAPI(
        title=title,
        version="1",
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.people = People.load(settings.people)
    app.state.door = _door(settings)
    app.state.rates = Rates.of(settings)
    app.include_router(_health(service))
    for router in routers:
        app.include_router(router)
    _answer_errors(app)
    _answer_the_database(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(RateLimit, rates=app.state.rates, people=app.state.people, proxies=settings.proxies)
    app.middleware("http")(_measured)
    return app


def _door(settings: Settings) -> Door | None:
    if not settings.oidc_issuer:
        return None
    # What checks tokens is loaded only where there are any.
    from services.runtime.oidc.door import Door

    return Door.of(settings)


def _health(service: str) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/health/live")
    async def live() -> JSONResponse:
        silent = Beats.current.silent()
        return JSONResponse({"alive": not silent, "silent": silent}, 503 if silent else 200)

    @router.get("/health/ready")
    async def ready(request: Request) -> JSONResponse:
        reachable = await _reachable(request)
        telemetry.gauge("camledger_database_silent", 0 if reachable else 1, service=service)
        missing = [*Beats.current.waited_for(), *([] if reachable else ["database"])]
        return JSONResponse({"ready": not missing, "waits_for": missing}, 503 if missing else 200)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


async def _reachable(request: Request) -> bool:
    try:
        async with asyncio.timeout(READY_S), request.app.state.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except Exception as error:  # noqa: BLE001 - whatever it was, we are not ready
        logger().warning("http.database_unreachable", error=type(error).__name__)
        return False
    return True


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(Refusal)
    async def refused(_request: Request, refusal: Refusal) -> JSONResponse:
        return JSONResponse(refusal.problem(), refusal.status, media_type=PROBLEM, headers=refusal.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        # Where and why, never the value: it may be somebody's name.
        faults = [{"where": ".".join(map(str, fault["loc"])), "why": fault["msg"]} for fault in error.errors()]
        problem = Refusal("Invalid", status=422, title="The request is not well formed").problem()
        return JSONResponse(problem | {"faults": faults}, 422, media_type=PROBLEM)

    @app.exception_handler(HTTPException)
    async def other(_request: Request, error: HTTPException) -> JSONResponse:
        problem = Refusal("NotServed", status=error.status_code, title=str(error.detail)).problem()
        return JSONResponse(problem, error.status_code, media_type=PROBLEM, headers=error.headers)


def _answer_the_database(app: FastAPI) -> None:
    @app.exception_handler(DatabaseSilent)
    async def away(_request: Request, error: Exception) -> JSONResponse:
        logger().warning("http.database_unreachable", error=type(error).__name__)
        return JSONResponse(_AWAY.problem(), _AWAY.status, media_type=PROBLEM, headers={"Retry-After": "10"})

    @app.exception_handler(DBAPIError)
    @app.exception_handler(asyncpg.PostgresError)
    @app.exception_handler(asyncpg.InterfaceError)
    async def unstorable(request: Request, error: Exception) -> JSONResponse:
        if database.is_transient(error):
            return await away(request, error)
        # A NUL in an id, a number that no column has: nobody's fault but the caller's, and no matter for an alarm.
        if not database.is_unstorable(error):
            raise error
        problem = Refusal("Invalid", status=422, title="The request holds a value that can't be stored").problem()
        return JSONResponse(problem, 422, media_type=PROBLEM)

    @app.exception_handler(DatabaseReplaced)
    async def replaced(_request: Request, error: DatabaseReplaced) -> JSONResponse:
        problem = Refusal("DatabaseReplaced", status=503, title="The database was replaced", detail=str(error))
        return JSONResponse(problem.problem(), 503, media_type=PROBLEM, headers={"Retry-After": "10"})


async def _measured(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    # Anybody may send any word as a method: each would be a series of its own for ever.
    method = request.method if request.method in METHODS else "other"
    began = monotonic()
    status = "500"
    try:
        with telemetry.span(f"http {method}", links=[request.headers.get("traceparent", "")]):
            response = await answer(request)
        status = str(response.status_code)
        return response
    finally:
        # The route's template, not the path: ids in labels would never end.
        route = getattr(request.scope.get("route"), "path", "none")
        telemetry.observe("camledger_http_seconds", monotonic() - began, method=method, route=route, status=status)
