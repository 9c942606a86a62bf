"""What only the media gateway may be told: how much one person may open before people are to look at it."""

from __future__ import annotations

from functools import cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class MediaSettings(BaseSettings):
    """Read from ``CAMLEDGER_MEDIA_*``; ``docs/viewing.md`` lists them."""

    model_config = SettingsConfigDict(env_prefix="CAMLEDGER_MEDIA_", frozen=True)

    bulk_window_hours: int = Field(24, ge=1, le=720, description="How far back a person's viewings are added up.")
    bulk_hours: int = Field(48, ge=1, description="Camera hours in that time from which on people are told.")
    bulk_clips: int = Field(5_000, ge=1, description="Clips in that time from which on people are told.")


@cache
def limits() -> MediaSettings:
    """Return the settings of this process."""
    return MediaSettings()
