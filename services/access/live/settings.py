"""What only the live gateway may be told: where streams come from, who may come near, and how much it bears."""

from __future__ import annotations

from functools import cached_property
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.runtime.addresses import Network

CAMERA = "{camera}"
NETWORKS_MAX = 1_000


def _network(value: str) -> str:
    ip_network(value)
    return value


def _upstream(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("a stream's address is http(s)://host/path of a playlist, without a name, query or fragment")
    if CAMERA in parts.netloc:
        raise ValueError("the camera names a path, never a host")
    return value


Networks = Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], Field(max_length=NETWORKS_MAX)]
Address = Annotated[str, AfterValidator(_upstream)]


class LiveSettings(BaseSettings):
    """Read from ``CAMLEDGER_LIVE_*``. Without an upstream no camera has a live picture."""

    model_config = SettingsConfigDict(env_prefix="CAMLEDGER_LIVE_", frozen=True)

    upstream: Address | None = Field(
        None, description="Address of every camera's HLS playlist; {camera} stands for the camera's id."
    )
    upstreams: dict[str, Address] = Field(
        default_factory=dict, description="Addresses of single cameras' playlists, as a JSON object; they win."
    )
    networks: Networks = Field(
        (), description="Networks that may come near a live picture at all, as a JSON list; empty: whom a policy lists."
    )
    lost_after_s: int = Field(30, ge=5, le=300, description="A picture that nobody asked for so long is closed.")
    window_s: int = Field(30, ge=4, le=120, description="Older segments of a playlist are never passed on.")
    segment_bytes_max: int = Field(16_777_216, ge=65_536, le=268_435_456, description="Where a segment is cut off.")
    streams_max: int = Field(200, ge=1, le=10_000, description="Segments that are passed on at the same time.")

    def upstream_of(self, camera_id: str) -> str:
        """Return the address of a camera's playlist, "" if it has none."""
        own = self.upstreams.get(camera_id)
        return own or (self.upstream or "").replace(CAMERA, quote(camera_id, safe=""))

    @cached_property
    def near(self) -> tuple[Network, ...]:
        return tuple(ip_network(each) for each in self.networks)
