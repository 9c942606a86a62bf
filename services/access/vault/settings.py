"""What only the vault may be told: where its key-encryption key lies."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class VaultSettings(BaseSettings):
    """Read from ``CAMLEDGER_VAULT_*``. ``docs/personal-data.md`` lists them; a test compares."""

    model_config = SettingsConfigDict(env_prefix="CAMLEDGER_VAULT_", frozen=True)

    key_file: Path | None = Field(
        None, description="File of the key-encryption key, never made by access; unset: one in the home folder."
    )

    def key_at(self, home: Path) -> Path:
        """Return where the key-encryption key lies: outside every database."""
        return home / "access" / "vault.key" if self.key_file is None else self.key_file

    @property
    def may_make(self) -> bool:
        """Tell whether an empty vault gets a key. A named file is somebody's Secret: missing, it is their mistake."""
        return self.key_file is None
