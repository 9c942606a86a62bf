"""What a viewer waits for and what the gateway carries, side by side with nginx over the very same file.

``python -m bench.viewing [--viewers 50] [--rounds 3]``. Ingest and access run as shipped on an embedded broker and
database; retention and analytics rest. Each viewer has a viewing and a token of his own, and asks for the next mebibyte
at a moment of his own about once a second, as a player does; server and viewers share the cores. Throughput is one
connection reading one range after the other, ours and nginx's (sendfile, one worker) in turn.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from bench.report import percentile, spread, tell
from services.cli.client import CallRefused, Client
from services.cli.up.installation import Installation
from services.runtime.settings import REPOSITORY
from tests.fakes.footage import PLAZA, clip

TARGET_MS, TARGET_RATIO, SHARE = 150.0, 0.6, 0.99
MEBIBYTE = 1024 * 1024
POLICY, CAMERA = "daan-cctv", "bench-1"
HALL = {"number": 1, "place": "hall", "direction": "north", "coverage": "public_space_inside"}
CHAIN = {
    "sign": "officer-lin",
    "applicant_supervisor": "head-chen",
    "system_manager": "sysman-wu",
    "manager_supervisor": "supervisor-kao",
    "secretary": "secretary-ho",
    "director": "director-tsai",
}
RESTS = ("retention", "analytics", "analytics.live")
HEADER = "x-camledger-media-token"
APPLICANT = "officer-lin"


class Rate(NamedTuple):
    """Bytes a second, one round."""

    ours: float
    through_ingest: float
    nginx: float


Rates = dict[int, list[Rate]]  # by length of range in MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where one file is asked for, and with which headers."""

    host: str
    port: int
    path: str
    headers: tuple[str, ...] = ()

    def request(self, start: int, length: int) -> bytes:
        lines = [f"GET {self.path} HTTP/1.1", f"Host: {self.host}", *self.headers]
        return "\r\n".join([*lines, f"Range: bytes={start}-{start + length - 1}", "", ""]).encode()


class City:
    """An installation with one long recording, and as many viewings of it as are asked for."""

    def __init__(self, installation: Installation, home: Path, size: int) -> None:
        self.installation = installation
        self.people = {name: Client(name, home) for name in {"admin-root", *CHAIN.values()}}
        for child in installation.children:
            if child.name in RESTS:
                child.ask_to_stop()
                child.wait_stopped()
        self.start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
        self._settle(padded(home / "long.mp4", size))

    def _settle(self, file: Path) -> None:
        root = self.people["admin-root"]
        root.post("access", "/policies/adopt", {"policy_id": POLICY, "instrument": "bench"})
        root.post("access", f"/policies/{POLICY}/cameras", {"cameras": [CAMERA]})
        body = {"camera_id": CAMERA, "area": "hall", "policy_id": POLICY, "values": HALL}
        until(lambda: self._registered(body))
        headers = {"authorization": f"Bearer {self.installation.tokens['sysman-wu']}"}
        url = f"{self.installation.urls['ingest']}/api/v1/files/{CAMERA}"
        with file.open("rb") as opened:
            params = {"started_at": self.start.isoformat(), "source_id": "bench"}
            answer = httpx.put(url, params=params, headers=headers, content=opened, timeout=300)
        answer.raise_for_status()

    def _registered(self, body: dict[str, Any]) -> bool:
        """Register the camera; False as long as ingest hasn't read its policy."""
        with suppress(CallRefused):
            self.people["admin-root"].post("ingest", "/cameras", body)
            return True
        return False

    def granted(self) -> str:
        """Return a request that everybody has signed."""
        interval = [self.start.isoformat(), (self.start + timedelta(seconds=3)).isoformat()]
        requester = {"class": "internal", "name": "made up", "unit": "registration", "telephone": "555"}
        asked = {"kind": "internal", "action": "view", "cameras": [CAMERA], "interval": interval}
        asked |= {"legal_basis": ["point_6_1"], "purposes": ["public_order"], "purpose": "bench"}
        body = {"policy_id": POLICY, "requester": requester, "request": asked, "documents": []}
        request_id = str(self.people[APPLICANT].post("access", "/requests", body)["request_id"])
        for step, who in CHAIN.items():
            self.people[who].post("access", f"/requests/{request_id}/steps/{step}", {"decision": "approve"})
        return request_id

    def agreed(self, request_id: str) -> str:
        """Agree one more viewing of the recording."""
        body = {"agreed_time": datetime.now(UTC).isoformat(), "accompanied_by": ""}
        told = self.people[APPLICANT].post("access", f"/requests/{request_id}/viewings", body)
        return str(told["viewing_id"])

    def viewing(self, request_id: str) -> Source:
        """Open one more viewing; its token lasts a minute."""
        return self.renewed(self.agreed(request_id))

    def through_ingest(self, request_id: str) -> Source:
        """The same bytes by the route that asks ingest for each of them: what the way from the disk saves."""
        direct = self.viewing(request_id)
        clip = f"camera={CAMERA}&start={self.start.isoformat().replace('+00:00', 'Z')}"
        path = f"{direct.path.removesuffix('/play/0.mp4')}/media?{clip}"
        return Source(host=direct.host, port=direct.port, path=path, headers=direct.headers)

    def renewed(self, viewing: str) -> Source:
        token = self.people[APPLICANT].post("access", f"/viewings/{viewing}/token")["token"]
        at = urlsplit(self.installation.urls["access"])
        bearer = f"Authorization: Bearer {self.installation.tokens[APPLICANT]}"
        return Source(
            host=str(at.hostname),
            port=int(at.port or 0),
            path=f"/api/v1/viewings/{viewing}/play/0.mp4",
            headers=(bearer, f"{HEADER}: {token}"),
        )

    def stored(self) -> Path:
        """Return the recording as it lies in the store: what nginx serves, too."""
        folder = self.installation.home.root / "ingest" / "store"
        return max(folder.rglob("*.mp4"), key=lambda path: path.stat().st_size)


def padded(target: Path, size: int) -> Path:
    """Make a recording of a size that matters: three seconds of a scene, and a box that players skip."""
    clip(target, source=PLAZA, kinds=("video",))
    fill = size - target.stat().st_size
    with target.open("ab") as file:
        file.write(fill.to_bytes(4, "big") + b"free")
        left = fill - 8
        while left > 0:
            left -= file.write(random.randbytes(min(left, MEBIBYTE)))
    return target


async def first_bytes(sources: list[Source], size: int, seconds: float) -> list[float]:
    """Return what each request of each viewer waited for its first byte of footage, in milliseconds."""
    ends = time.monotonic() + seconds
    found = await asyncio.gather(*(_viewer(each, size, ends) for each in sources))
    return [one for each in found for one in each]


async def _viewer(source: Source, size: int, ends: float) -> list[float]:
    taken: list[float] = []
    reader, writer = await asyncio.open_connection(source.host, source.port)
    await asyncio.sleep(random.random())
    while time.monotonic() < ends:
        start = random.randrange(0, size - MEBIBYTE)
        begun = time.perf_counter()
        writer.write(source.request(start, MEBIBYTE))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 206"), head[:200]
        await reader.readexactly(1)
        taken.append((time.perf_counter() - begun) * 1000)
        await reader.readexactly(MEBIBYTE - 1)
        await asyncio.sleep(random.uniform(0.5, 1.5))
    writer.close()
    return taken


def read_ranges(source: Source, size: int, length: int, total: int) -> float:
    """Read ranges of a length one after the other over one connection; return bytes a second."""
    room = memoryview(bytearray(MEBIBYTE))
    with socket.create_connection((source.host, source.port)) as connection:
        begun, got, start = time.perf_counter(), 0, 0
        while got < total:
            connection.sendall(source.request(start, length))
            got += _one(connection, room, length)
            start = (start + length) % (size - length)
        return got / (time.perf_counter() - begun)


def _one(connection: socket.socket, room: memoryview, length: int) -> int:
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(4096)
    status, _, body = head.partition(b"\r\n\r\n")
    assert status.startswith(b"HTTP/1.1 206"), status[:200]
    left = length - len(body)
    while left:
        left -= connection.recv_into(room, min(left, len(room)))
    return length


@contextmanager
def nginx(folder: Path, file: Path) -> Iterator[Source]:
    """Serve one file as nginx's own documentation recommends it for large files on one machine."""
    if shutil.which("nginx") is None:
        sys.exit("nginx is missing: apt-get install nginx-light")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.link(file, folder / "one.mp4")
    folder.chmod(0o755)
    (folder / "nginx.conf").write_text(
        f"user root; worker_processes 1; error_log {folder}/error.log; pid {folder}/pid; events {{ }}\n"
        f"http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000; types {{ video/mp4 mp4; }}\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    server = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"])
    try:
        until(lambda: _listens(port))
        yield Source(host="127.0.0.1", port=port, path="/one.mp4")
    finally:
        server.terminate()
        server.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(told: Any, within_s: float = 60.0) -> None:  # noqa: ANN401 - whatever is true or not
    ends = time.monotonic() + within_s
    while not told():
        if time.monotonic() > ends:
            raise TimeoutError(f"not within {within_s:.0f} s")
        time.sleep(0.1)


def main(given: list[str] | None = None) -> int:
    """Return 0 if both targets were reached."""
    parser = argparse.ArgumentParser(prog="python -m bench.viewing", description=__doc__)
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=256, help="MiB of the recording")
    parser.add_argument("--ranges", default="1,16,64", help="MiB of a range, several with commas between")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(given)
    os.environ |= {"CAMLEDGER_RATE_PER_PERSON": "0", "CAMLEDGER_RATE_PER_ADDRESS": "0"}
    lengths = [int(each) for each in asked.ranges.split(",")]
    with tempfile.TemporaryDirectory(prefix="camledger-viewing-", dir=REPOSITORY / "var") as folder:
        home = Path(folder)
        with Installation(home, say=lambda _: None) as installation:
            city = City(installation, home, asked.size * MEBIBYTE)
            request_id = city.granted()
            agreed = [city.agreed(request_id) for _ in range(asked.viewers)]
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(city.renewed, agreed))  # opened on the log, one by one
                viewers = list(pool.map(city.renewed, agreed))  # and a token that is young when it is used
            size = city.stored().stat().st_size
            taken = asyncio.run(first_bytes(viewers, size, asked.seconds))
            (home / "nginx").mkdir()
            with nginx(home / "nginx", city.stored()) as peer:
                rates = throughput(city, peer, request_id, lengths, asked.rounds)
    return report(asked, taken, rates)


def throughput(city: City, peer: Source, request_id: str, lengths: list[int], rounds: int) -> Rates:
    """Return bytes a second by length of range in MiB, round by round in turn."""
    size, found = city.stored().stat().st_size, Rates()
    for length in lengths:
        total = max(256, length * 8) * MEBIBYTE
        for _ in range(rounds):
            sources = (city.viewing(request_id), city.through_ingest(request_id), peer)
            found.setdefault(length, []).append(
                Rate(*(read_ranges(each, size, length * MEBIBYTE, total) for each in sources))
            )
    return found


def report(asked: argparse.Namespace, taken: list[float], rates: Rates) -> int:
    """Print p50, p99 and the ratios; return the exit code."""
    p50, p99 = percentile(taken, 0.5), percentile(taken, SHARE)
    lines = [f"first byte   p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   of {len(taken)} ranges (target {TARGET_MS:.0f})"]
    ratios = {length: spread([each.ours / each.nginx for each in found]) for length, found in rates.items()}
    for length, found in rates.items():
        ours, hop, nginx = (spread([each[at] / MEBIBYTE for each in found])["median"] for at in range(3))
        ratio = ratios[length]
        lines.append(
            f"{length:3} MiB ranges {ours:6.0f} MiB/s   nginx {nginx:6.0f} MiB/s   ratio {ratio['median']:.2f} "
            f"({ratio['least']} to {ratio['most']})   through ingest {hop:6.0f} MiB/s"
        )
    figures = {"first_byte_ms": {"p50": p50, "p99": p99, "ranges": len(taken)}, "ratio_to_nginx": ratios}
    title = (
        f"{asked.viewers} viewers of one recording of {asked.size} MiB, {asked.seconds:.0f} s, {asked.rounds} rounds"
    )
    tell(title, lines, figures, as_json=asked.json)
    largest = ratios[max(ratios)]["median"]
    return 0 if p99 <= TARGET_MS and largest >= TARGET_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
