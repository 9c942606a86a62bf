"""What each service itself tells about the numbers on the page of a single thing, asked through its API."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import yaml

from tests.browser.numbers import Figures
from tests.browser.owners import ZONE, Counted, Json, counted, logged, see, texts
from tests.fakes.clause_city import City, iso

AUDITOR: Final = "auditor-fong"  # sees every project
OF_REQUEST: Final = ("request/{}", "approval/{}", "access/{}")
KEPT: Final = ("kept", "queued")  # ingest's own states of what is there


def events_of(city: City, *streams: str) -> int:
    """Count what the audit log has of some streams: the page's own count of events, told by somebody else."""
    return sum(each["envelope"]["stream_id"] in streams for each in logged(city))


def request(city: City, name: str) -> Figures:
    """Access counts viewings and copies; the audit log has the events."""
    told = see(city, "access", f"/requests/{name}")
    words = counted(("history_note", events_of(city, *(each.format(name) for each in OF_REQUEST))))
    if told["viewings"] or told["copies"]:
        words += counted(("viewings_made", len(told["viewings"])), ("copies_made", len(told["copies"])))
    return Figures(words=words, quoted=frozenset(text.strip('"') for text in texts(told["personal"])))


def hold(city: City, name: str) -> Figures:
    """Custody's count of what one hold covers, as access repeats it."""
    told = see(city, "access", f"/holds/{name}")
    lines = {"destroying_segments": told["destroying"], "gone_segments": told["gone"]}
    more = ((word, sum(len(each["offsets_us"]) for each in found)) for word, found in lines.items() if found)
    return Figures(words=counted(("secured_segments", int(told["secured_segments"])), *more))


def bands(city: City, camera: str, days: int) -> Figures:
    """Segments by how they stand, as ingest tells; and how many protections and viewings lie in the window."""
    today = datetime.now(ZoneInfo(ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    starts, ends = today + timedelta(days=1 - days), today + timedelta(days=1)
    told = see(city, "ingest", "/bands", camera=camera, **{"from": iso(starts), "to": iso(ends)})["bands"]
    found: Counted = Counter()
    for each in told:
        found += counted(*[("kept" if each["state"] in KEPT else each["state"], 1)] * int(each["segments"]))
    held = see(city, "access", "/holds", camera=camera, active="true")["holds"]
    for each in held:
        kind = "asked" if each["kind"] == "request" else "held" if each["state"] == "effective" else "securing"
        found += counted(*[(kind, 1) for scope in each["scopes"] if _touches(scope, starts, ends)])
    found += counted(*[("viewed", 1)] * _viewed(city, camera, starts, ends))
    gaps = see(city, "ingest", "/gaps", camera=camera, most="1000")["gaps"]
    found += counted(
        *[("gap", 1) for each in gaps if _touches({"from": each["gap_from"], "to": each["gap_to"]}, starts, ends)]
    )
    return Figures(words=Counter({(name, (times,)): 1 for (name, _), times in found.items()}))


def _touches(scope: Json, starts: datetime, ends: datetime) -> bool:
    until = scope["to"]
    return datetime.fromisoformat(scope["from"]) < ends and (not until or datetime.fromisoformat(until) > starts)


def _viewed(city: City, camera: str, starts: datetime, ends: datetime) -> int:
    listed = see(city, "access", "/requests")["requests"]
    files = [see(city, "access", f"/requests/{each['request_id']}") for each in listed]
    mine = [each for each in files if camera in each["scope"]["cameras"] and _touches(each["scope"], starts, ends)]
    return sum(each["opened_at"] is not None for file in mine for each in file["viewings"])


def project(city: City, name: str) -> Figures:
    """Access tells which decisions are open; the audit log has those that were taken."""
    still = len(city.see(AUDITOR, "access", f"/projects/{name}")["open_steps"])
    words = counted(("history_note", events_of(city, f"project/{name}")))
    return Figures(words=words + (counted(("decisions_open", still)) if still else Counter()))


def policy(city: City, name: str) -> Figures:
    """The files of the version in force: how many scenarios and tests each clause has, in the words of its page."""
    (bound,) = (each for each in see(city, "access", "/policies")["policies"] if each["policy_id"] == name)
    digest = bound["in_force"]["digest"]
    files = see(city, "access", f"/policies/{name}/versions/{digest}")["files"]
    read = {path: yaml.safe_load(text) for path, text in files.items()}
    proved = Counter(
        clause
        for path, document in read.items()
        if path.startswith("scenarios/")
        for each in document["scenarios"]
        for clause in each["clauses"]
    )
    clauses = read["clauses.yaml"]["clauses"]
    words: Counted = Counter()
    for clause, says in clauses.items():
        words += counted(("tests_number", len(says.get("tests", ()))))
        words += counted(("scenarios_number", proved[clause])) if proved[clause] else Counter()
    tests = (test.rpartition("::")[2] for says in clauses.values() for test in says.get("tests", ()))
    sentences = (test.removeprefix("test_").replace("_", " ") for test in tests)
    return Figures(words=words, quoted=frozenset((*sentences, *texts(read["policy.yaml"]))))


def entry(city: City, register: str, **asked: str) -> Figures:
    """One entry of a register: each whole number in its rows, as analytics tells it."""
    rows = see(city, "analytics", f"/registers/{register}", limit="50", **asked)["rows"]
    values = [value for row in rows for value in row.values()]
    whole = sorted(value for value in values if isinstance(value, int) and not isinstance(value, bool))
    quoted = frozenset(text for value in values if not isinstance(value, int) for text in texts(value))
    return Figures(words=counted(("rows", len(rows))), cells=tuple(whole), quoted=quoted)


def proof(city: City, certificate: str) -> Figures:
    """A certificate brings its own log: as large as it was then, with each of its entries; beside it ours as it is."""
    log = json.loads(certificate)["log"]
    ours = int(see(city, "analytics", "/audit/root")["size"])
    ways = [("way_of", int(each["index"])) for each in log["entries"]]
    return Figures(words=counted(("log_entries", int(log["size"])), ("log_entries", ours), *ways))
