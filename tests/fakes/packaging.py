"""A camera and the police's streaming server: GStreamer sends RTSP, ffmpeg makes HLS of it in memory."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("rtsp_server.py")
MEMORY = Path("/dev/shm")
READY_S = 60.0


def missing() -> str:
    """Say what isn't installed here, "" if all is."""
    if shutil.which("ffmpeg") is None:
        return "ffmpeg is missing: scripts/apt.sh"
    check = [SYSTEM_PYTHON, "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"]
    found = subprocess.run(check, capture_output=True, check=False)
    return "" if found.returncode == 0 else "GStreamer's RTSP server is missing: scripts/apt.sh"


@contextmanager
def camera(work: Path, *, sound: bool = False) -> Iterator[str]:
    """Run a camera that shows a minute of moving picture; yield its RTSP address."""
    recording = work / "camera.mp4"
    _recorded(recording, sound=sound)
    server = subprocess.Popen([SYSTEM_PYTHON, str(SERVER), str(recording)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield f"rtsp://127.0.0.1:{int(server.stdout.readline())}/cam"
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


@contextmanager
def packaged(source: str, name: str) -> Iterator[Path]:
    """Package an RTSP source as HLS in memory; yield the folder that holds ``name/index.m3u8``."""
    folder = Path(tempfile.mkdtemp(prefix="packaged-", dir=MEMORY))
    (folder / name).mkdir()
    playlist = folder / name / "index.m3u8"
    command = ["ffmpeg", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", source, "-c", "copy", "-f", "hls"]
    command += ["-hls_time", "1", "-hls_list_size", "20", "-hls_flags", "delete_segments+omit_endlist", str(playlist)]
    packager = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        _until_shown(playlist, packager)
        yield folder
    finally:
        packager.kill()
        packager.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _recorded(target: Path, *, sound: bool) -> None:
    command = ["ffmpeg", "-loglevel", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=10"]
    command += ["-f", "lavfi", "-i", "sine=frequency=440"] if sound else []
    command += ["-t", "90", "-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p", str(target)]
    subprocess.run(command, check=True)


def _until_shown(playlist: Path, packager: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_S
    while not playlist.exists() or playlist.read_text().count("#EXTINF") < 2:
        assert packager.poll() is None, "the packager ended"
        assert time.monotonic() < end, "no picture came in time"
        time.sleep(0.1)


def segment(recording: bytes, *, sound: bool = False) -> bytes:
    """Return a recording's picture as one segment of a stream, with its sound if that is wanted."""
    written = io.BytesIO()
    with av.open(io.BytesIO(recording), "r") as source, av.open(written, "w", format="mpegts") as target:
        kept = [each for each in source.streams if each.type == "video" or (sound and each.type == "audio")]
        there = {each.index: target.add_stream_from_template(each) for each in kept}
        for packet in source.demux(kept):
            if packet.dts is not None:
                packet.stream = there[packet.stream_index]
                target.mux(packet)
    return written.getvalue()
