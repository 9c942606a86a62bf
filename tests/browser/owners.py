"""What each service itself tells about what the console's pages count, asked through its API."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.browser.numbers import Figures
from tests.fakes.clause_city import City, iso, now

WHO: Final = "sysman-wu"
ZONE: Final = "Asia/Taipei"
DAYS, LINES = 7, 40
LOOKED_BACK: Final = timedelta(days=104)
ROLES: Final = frozenset({"system_manager", "custodian"})
Json = dict[str, Any]
Counted = Counter[tuple[str, tuple[int, ...]]]


def see(city: City, service: str, path: str, **query: str) -> Any:  # noqa: ANN401
    return city.see(WHO, service, path, **query)


def counted(*said: tuple[str, int]) -> Counted:
    return Counter((name, (number,)) for name, number in said)


def home(city: City) -> Figures:
    """Overdue footage is retention's, what waits for a signature or a review access'; the log has what was cleared."""
    listed = see(city, "access", "/requests")["requests"]
    files = [see(city, "access", f"/requests/{each['request_id']}") for each in listed]
    mine = sum(bool(ROLES & set(step["roles"])) for file in files for step in _waiting(file))
    reviews = sum(not each["released"] for each in see(city, "access", "/holds", kind="hold")["holds"])
    cleared = Counter(each["event"]["camera_id"] for each in logged(city) if each["type"] == "DeletionCleared")
    words = counted(("overdue_count", overdue(city)), ("tasks_count", mine + reviews))
    return Figures(words=words, cells=tuple(sorted(cleared.values())))


def logged(city: City) -> Iterator[Json]:
    """Yield every entry of the audit log, as its leaf hashes it."""
    after = -1
    while found := see(city, "analytics", "/audit/entries", after=str(after), limit="256")["entries"]:
        yield from (json.loads(each["entry"]) for each in found)
        after = found[-1]["index"]


def _waiting(file: Json) -> list[Json]:
    return [step for step in file.get("steps", ()) if step["id"] in file["open_steps"]]


def overdue(city: City) -> int:
    return sum(e["segments"] for e in see(city, "retention", "/overdue") if e["outcome"] == "overdue")


def holds(city: City) -> Figures:
    """How many holds stand how, and what custody counted for each."""
    listed = see(city, "access", "/holds", kind="hold")["holds"]
    open_ones = [each for each in listed if not each["released"]]
    head = (
        len(open_ones),
        sum(each["state"] == "effective" for each in open_ones),
        sum(each["state"] in ("received", "accepted", "parked") for each in open_ones),
        sum(bool(each["release_proposed_by"]) for each in open_ones),
    )
    found: Counted = Counter({("holds_count", head): 1})
    for each in listed:
        if each["effective_since"]:
            found += counted(("secured_segments", int(each["secured_segments"])))
            more = (("destroying_segments", _lines(each["destroying"])), ("gone_segments", _lines(each["gone"])))
            found += counted(*((name, number) for name, number in more if number))
    return Figures(words=found)


def _lines(lines: list[Json]) -> int:
    return sum(len(each["offsets_us"]) for each in lines)


def deletion(city: City) -> Figures:
    """Retention's own count of what goes next week: all cameras, each camera, each hour."""
    today = datetime.now(ZoneInfo(ZONE)).date()
    days = [str(today + timedelta(days=number)) for number in range(DAYS)]
    by_camera: dict[str, list[int]] = {}
    late: Counter[str] = Counter()
    for each in see(city, "retention", "/due/days", zone=ZONE, days=str(DAYS)):
        day, camera, number = str(each["day"] or days[0]), each["camera_id"], int(each["segments"])
        if day <= days[-1]:
            by_camera.setdefault(camera, [0] * DAYS)[days.index(max(day, days[0]))] += number
            late[camera] += number if each["stage"] == "overdue" else 0
    sums = [sum(each) for each in zip(*by_camera.values(), strict=True)]
    rows = [by_camera[camera] for camera in sorted(by_camera, key=lambda one: (-late[one], one))]
    due = see(city, "retention", "/due", limit=str(LINES))
    lines = [
        e["segments"] for e in sorted(due, key=lambda e: (e["stage"] != "overdue", e["next_at"] or "", e["camera_id"]))
    ]
    cells = [number for row in ([sums, *rows] if rows else []) for number in (*row, sum(row))]
    return Figures(words=counted(*_late(late), ("zero", overdue(city))), cells=(*cells, *lines))


def _late(late: Counter[str]) -> list[tuple[str, int]]:
    return [("overdue_segments", number) for number in late.values() if number]


def camera(city: City, name: str) -> Figures:
    """Ingest counts a camera's footage by its segments."""
    since = iso(now() - LOOKED_BACK)
    segments = see(city, "ingest", "/segments", camera=name, limit="5000", **{"from": since})["segments"]
    return Figures(words=counted(("segments_number", len(segments))))


def policies(city: City) -> Figures:
    """Access binds cameras to policies."""
    listed = [each for each in see(city, "access", "/policies")["policies"] if each["in_force"]]
    return Figures(cells=tuple(len(each["cameras"]) for each in listed))


def requests(city: City) -> Figures:
    return Figures(words=counted(("rows", len(see(city, "access", "/requests")["requests"]))))


def cameras(city: City) -> Figures:
    return Figures(words=counted(("rows", len(see(city, "ingest", "/cameras")["cameras"]))))


def register(name: str) -> Callable[[City], Figures]:
    """Analytics keeps the registers: how many rows, and each number in them."""

    def told(city: City) -> Figures:
        rows = see(city, "analytics", f"/registers/{name}", limit="50")["rows"]
        quoted = frozenset(text for row in rows for text in texts(row))
        return Figures(words=counted(("rows", len(rows))), quoted=quoted)

    return told


def texts(value: object) -> Iterator[str]:
    """Yield whatever an answer says, each text and number by itself."""
    match value:
        case dict():
            yield from (text for each in value.values() for text in texts(each))
        case list():
            yield from (text for each in value for text in texts(each))
        case int() if not isinstance(value, bool):
            yield from (str(value), f"{value:,}")
        case _:
            yield str(value)


def verify(city: City) -> Figures:
    """Analytics keeps the audit log."""
    return Figures(words=counted(("log_entries", int(see(city, "analytics", "/audit/root")["size"]))))


def nothing(_city: City) -> Figures:
    """A page that counts nothing."""
    return Figures()


PAGES: Final[Mapping[str, Callable[[City], Figures]]] = {
    "": home,
    "/new": nothing,
    "/requests": requests,
    "/holds": holds,
    "/cameras": cameras,
    "/map": nothing,
    "/live": nothing,
    "/projects": nothing,
    "/deletion": deletion,
    "/registers/requests": register("requests"),
    "/registers/access": register("access"),
    "/registers/catalog": register("catalog"),
    "/policies": policies,
    "/verify": verify,
    "/break-glass": nothing,
    "/bulk-viewings": nothing,
}
LISTS: Final = frozenset(page for page in PAGES if page.startswith(("/requests", "/cameras", "/registers")))
