"""What only ingest may set: folders that files may come from, replicas, the custodian of record, sources to watch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.ingest.sources.file import SourcesFile
from services.runtime.settings import Settings


class IngestSettings(BaseSettings):
    """Read from ``CAMLEDGER_INGEST_*``, and ``CAMLEDGER_STORAGE*`` for where footage lies."""

    model_config = SettingsConfigDict(env_prefix="CAMLEDGER_INGEST_", frozen=True, populate_by_name=True)

    roots: list[Path] = Field(default_factory=list, description="Folders from which files may be handed over by path.")
    storage: str = Field(
        "",
        validation_alias=AliasChoices("CAMLEDGER_STORAGE", "CAMLEDGER_INGEST_STORE"),
        description="Folder, or s3://bucket/prefix?endpoint=...&region=...&path_style=true; empty: below home.",
    )
    storage_replica: str = Field(
        "",
        validation_alias=AliasChoices("CAMLEDGER_STORAGE_REPLICA", "CAMLEDGER_INGEST_REPLICA"),
        description="The same for a second store in another place; empty: no replica.",
    )
    reserve_bytes: int = Field(64 * 1024 * 1024, ge=0, description="Bytes that the store never fills.")
    custodian: str = Field("unit-head", description="Person id of the custodian of record (NPA-04, NPA-12).")
    place: str = Field("", description="Where the store stands, for receipts; empty: the host's name.")
    backups: dict[str, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict,
        description="Backups that hold copies of the stores, by name, and the days each lives: receipts name them.",
    )
    sources: Path | None = Field(None, description="YAML file of the folders to watch.")
    compare_every_s: float = Field(60.0, gt=0, description="How often a part of catalog and stores is compared.")
    viewing_bytes_max: int = Field(4 * 1024**3, gt=0, description="Most that all viewing copies together may take.")
    upload_bytes_max: int = Field(8 * 1024**3, gt=0, description="Largest file that may be uploaded.")


def sources_file(own: IngestSettings, settings: Settings) -> SourcesFile:
    """Return the file of sources of this installation."""
    return SourcesFile(own.sources or settings.home / "ingest" / "sources.yaml")
