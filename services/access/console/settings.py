"""What only the console may be told: who signs people in, and how long a session lasts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ConsoleSettings(BaseSettings):
    """Read from ``CAMLEDGER_CONSOLE_*``. Without an identity the console stays closed and says so."""

    model_config = SettingsConfigDict(env_prefix="CAMLEDGER_CONSOLE_", frozen=True)

    identity: Literal["", "demo", "oidc"] = Field(
        "",
        description="Who signs people in: 'oidc' is the identity provider; 'demo' lets anybody on this machine act as "
        "a made-up person; empty: nobody.",
    )
    session_minutes: int = Field(480, ge=1, le=720, description="How long a session lasts at most.")
    idle_minutes: int = Field(30, ge=1, le=720, description="How long a session lasts without a page being asked for.")
    sessions_per_person: int = Field(
        5, ge=1, le=100, description="How many sessions a person may have; the oldest ends."
    )
