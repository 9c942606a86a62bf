"""``python -m bench.console``: server time and weight of every page with a city's rows in the databases.

100,000 requests and 10 million segments are put into the tables of a running installation; each page is then asked for
again and again, as the system manager, over one connection. The target is 100 ms at p99, 150 kB without video.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx

from bench import console_rows
from bench.report import percentile, tell
from services.cli.up.installation import Installation

TARGET_MS, WEIGHT_MAX = 100.0, 150_000
WHO = "sysman-wu"
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
LOADED = re.compile(r'(?:href|src)="/console(/static/[^"]+)"')
SIGNERS = ("sign:officer-lin", "applicant_supervisor:head-chen")


class Page(NamedTuple):
    """One page with its figures: milliseconds, and bytes with the style and the scripts that it loads."""

    path: str
    p50: float
    p99: float
    weight: int


def main(given: list[str] | None = None) -> int:
    """Return 0 if every page stays under both targets."""
    parser = argparse.ArgumentParser(prog="python -m bench.console", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--segments", type=int, default=10_000_000)
    parser.add_argument("--register-rows", type=int, default=10_000_000, help="rows of the catalog of analytics")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(given)
    with tempfile.TemporaryDirectory(prefix="camledger-bench-") as folder:
        return _measured(Path(folder), asked)


def _measured(folder: Path, asked: argparse.Namespace) -> int:
    kafka, database = os.environ.get("CAMLEDGER_TEST_KAFKA"), os.environ.get("CAMLEDGER_TEST_DATABASE")
    quiet = lambda _: None  # noqa: E731 - one JSON object is what a program reads
    with Installation(folder, kafka=kafka, database=database, say=quiet if asked.json else print) as running:
        began = time.monotonic()
        shown = _filled(running, asked)
        if not asked.json:
            print(f"rows are in after {time.monotonic() - began:.0f} s")
        pages = _asked(running, shown, asked.rounds)
    over = [page for page in pages if page.p99 > TARGET_MS or page.weight > WEIGHT_MAX]
    lines = [f"{each.path:44} p50 {each.p50:7.1f} ms  p99 {each.p99:7.1f} ms  {each.weight:7,} B" for each in pages]
    figures: dict[str, Any] = {"pages": [each._asdict() for each in pages], "over_target": [e.path for e in over]}
    figures |= {"requests": asked.requests, "segments": asked.segments, "register_rows": asked.register_rows}
    tell("console pages", lines, figures, as_json=asked.json)
    return 1 if over else 0


def _filled(running: Installation, asked: argparse.Namespace) -> UUID:
    """Hand in two requests as people do, then multiply them in the tables; return the one that is open."""
    prefix = os.environ.get("CAMLEDGER_DATABASE_PREFIX", "camledger_")
    with httpx.Client(timeout=60) as http:
        _settled(running, http)
        is_open, is_closed = _request(running, http), _request(running, http)
        _post(running, http, "officer-lin", "access", f"/requests/{is_closed}/withdraw", {})
    rows = console_rows.requests(running.database, prefix, is_open, is_closed, asked.requests)
    asyncio.run(rows)
    asyncio.run(console_rows.footage(running.database, prefix, asked.segments))
    asyncio.run(console_rows.registers(running.database, prefix, asked.register_rows))
    return is_open


def _settled(running: Installation, http: httpx.Client) -> None:
    adopted = {"policy_id": "daan-cctv", "instrument": "adopted for a measurement"}
    _post(running, http, "admin-root", "access", "/policies/adopt", adopted)
    cameras = [f"bench-{number:03}" for number in range(console_rows.CAMERAS)]
    _post(running, http, "admin-root", "access", "/policies/daan-cctv/cameras", {"cameras": cameras})
    values = {"number": 1, "place": "hall", "direction": "north", "coverage": "public_space_inside"}
    body = {"camera_id": "bench-000", "kind": "fixed", "area": "hall", "values": values}
    _until(lambda: _post(running, http, "admin-root", "ingest", "/cameras", body, may_fail=True))
    _until(lambda: _take_in(running, http))
    probe = {"scope": {"cameras": ["bench-000"], "from": "2026-01-01T00:00:00Z"}, "matter": "", "authority": ""}
    _until(lambda: "unknown camera" not in _call(running, http, WHO, "access", "/holds", probe).text)


def _take_in(running: Installation, http: httpx.Client) -> bool:
    """Take one real clip in: its attributes are those of every row that follows."""
    clip = Path(running.home.root) / "one.mp4"
    if not clip.exists():
        from tests.fakes.footage import clip as recorded

        recorded(clip, seconds=1.0, kinds=("video",))
    headers = {"authorization": f"Bearer {running.tokens[WHO]}"}
    url = f"{running.urls['ingest']}/api/v1/files/bench-000"
    at = time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime(time.time() - 3600))
    return http.put(url, params={"started_at": at}, content=clip.read_bytes(), headers=headers).is_success


def _request(running: Installation, http: httpx.Client) -> UUID:
    end = time.time() - 7200
    ends = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in (end - 900, end)]
    body = {
        "policy_id": "daan-cctv",
        "requester": {"class": "internal", "name": "Made Up", "unit": "registration", "telephone": "555"},
        "request": {
            "kind": "internal",
            "action": "view",
            "cameras": ["bench-000"],
            "interval": ends,
            "legal_basis": ["point_6_1"],
            "purposes": ["public_order"],
            "purpose": "dispute at the counter",
        },
    }
    request_id = UUID(_post(running, http, "officer-lin", "access", "/requests", body)["request_id"])
    for step, _, who in (each.partition(":") for each in SIGNERS):
        _post(running, http, who, "access", f"/requests/{request_id}/steps/{step}", {"decision": "approve"})
    return request_id


def _asked(running: Installation, shown: UUID, rounds: int) -> list[Page]:
    console = f"{running.urls['access']}/console"
    with httpx.Client(base_url=console, timeout=60, follow_redirects=True) as browser:
        _signed_in(browser, console)
        return [_page(browser, path, rounds) for path in _paths(shown)]


def _paths(shown: UUID) -> list[str]:
    camera = f"/cameras/{console_rows.LOOKED_AT}"
    return [
        "", "/requests", "/requests?only=open", "/requests?only=closed", f"/requests/{shown}", "/new",
        "/new/daan-cctv/internal", "/holds", "/cameras", f"{camera}?days=1", f"{camera}?days=7", f"{camera}?days=30",
        f"{camera}?days=105", "/deletion", "/registers/requests", "/registers/access", "/registers/catalog",
        f"/registers/catalog?camera={console_rows.LOOKED_AT}", "/policies", "/policies/daan-cctv",
    ]  # fmt: skip


def _page(browser: httpx.Client, path: str, rounds: int) -> Page:
    took: list[float] = []
    for number in range(rounds + 2):
        began = time.perf_counter()
        answer = browser.get(path)
        if number >= 2:
            took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == httpx.codes.OK, (path, answer.status_code)
    return Page(path or "/", percentile(took, 0.5), percentile(took, 0.99), _weight(browser, answer))


def _weight(browser: httpx.Client, page: httpx.Response) -> int:
    own = [browser.get(path) for path in sorted(set(LOADED.findall(page.text)))]
    assert own, "a page without a style isn't one of ours"
    return sum(len(each.raise_for_status().content) for each in (page, *own))


def _signed_in(browser: httpx.Client, console: str) -> None:
    found = TOKEN.search(browser.get("/sign-in").text)
    assert found is not None
    form = {"form_token": unescape(found[1]), "account": WHO, "to": "/console"}
    origin = console.removesuffix("/console")
    assert browser.post("/sign-in", data=form, headers={"origin": origin}).status_code == httpx.codes.OK


def _post(  # noqa: PLR0917 - who, where, what
    running: Installation,
    http: httpx.Client,
    who: str,
    service: str,
    path: str,
    body: object,
    *,
    may_fail: bool = False,
) -> Any:  # noqa: ANN401 - JSON
    answer = _call(running, http, who, service, path, body)
    if may_fail and answer.is_error:
        return None
    answer.raise_for_status()
    return answer.json()


def _call(  # noqa: PLR0917 - who, where, what
    running: Installation, http: httpx.Client, who: str, service: str, path: str, body: object
) -> httpx.Response:
    headers = {"authorization": f"Bearer {running.tokens[who]}"}
    return http.post(f"{running.urls[service]}/api/v1{path}", json=body, headers=headers)


def _until(seen: Any) -> None:  # noqa: ANN401 - whatever tells that it happened
    end = time.monotonic() + 120
    while not seen():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
