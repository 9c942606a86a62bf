"""An RTSP server that shows one recording at /cam, for ``tests.fakes.packaging``. Runs under the system's Python.

Usage: rtsp_server.py RECORDING; prints its port when it listens.
"""

# GStreamer's bindings belong to the system's Python, not to ours: they carry no types.
# mypy: ignore-errors
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - the versions come first

Gst.init(None)
server = GstRtspServer.RTSPServer(service="0", address="127.0.0.1")
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(f"( filesrc location={sys.argv[1]} ! qtdemux ! rtph264pay name=pay0 pt=96 config-interval=-1 )")
server.get_mount_points().add_factory("/cam", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)  # noqa: T201 - whoever started it reads its port
GLib.MainLoop().run()
