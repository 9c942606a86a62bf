"""Limits of retention that an operator may set; each has a value that suits a city."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Limits(BaseSettings):
    """Read from ``CAMLEDGER_RETENTION_*``."""

    model_config = SettingsConfigDict(env_prefix="CAMLEDGER_RETENTION_", frozen=True, extra="forbid")

    sweep_every_s: float = Field(1.0, gt=0, le=60, description="How often the wheel is read.")
    visits_max: int = Field(1_000, ge=1, le=10_000, description="Buckets looked at in one transaction.")
    fold_max: int = Field(20_000, ge=1, le=200_000, description="Segments folded into buckets in one transaction.")
    lateness_minutes: int = Field(5, ge=0, le=60, description="How long after its end an hour still counts as open.")
    camera_percent: int = Field(
        50, ge=1, le=100, description="More than this share of a camera's segments in one hour trips its breaker."
    )
    camera_least: int = Field(
        5_000, ge=0, description="A camera's breaker doesn't trip below this many segments in one hour."
    )
    hourly: int = Field(500_000, ge=1, description="More segments than this in one hour trip the breaker for all.")
    ask_again_s: float = Field(5.0, gt=0, le=3600, description="Pause before looking again at what must wait.")

    @property
    def lateness(self) -> timedelta:
        """How long an hour stays open after its end."""
        return timedelta(minutes=self.lateness_minutes)
