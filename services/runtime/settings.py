"""What an installation may set: addresses, folders, names. Read from ``CAMLEDGER_*`` where a process is wired."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.kernel.topics import PREFIX
from services.runtime.addresses import Proxies, networks

REPOSITORY = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """Every setting, with the value that suits one machine. ``docs/runtime.md`` lists them; a test compares."""

    model_config = SettingsConfigDict(env_prefix="CAMLEDGER_", frozen=True, extra="forbid")

    service: str = Field("", description="Name of the service that this process runs.")
    kafka: str = Field("127.0.0.1:9092", description="Bootstrap addresses of the brokers, separated by commas.")
    kafka_security: dict[str, str] = Field(
        default_factory=dict, description="librdkafka settings for SASL and TLS, as a JSON object."
    )
    topic_prefix: str = Field(PREFIX, description="Put before every topic: several installations can share a broker.")
    replication: int = Field(1, ge=1, le=9, description="Replicas of each topic when it is created.")
    database: str = Field(
        "postgresql://postgres@127.0.0.1:5432/", description="Base DSN: each service adds its own database name."
    )
    database_prefix: str = Field("camledger_", description="Put before the service's name to name its database.")
    database_role: str = Field(
        "", description="Role to log in as, '{service}' stands for the database's name; empty: the one in the DSN."
    )
    schema_registry: str = Field("", description="URL of a schema registry; empty: the repository's registry file.")
    schemas: Path = Field(REPOSITORY / "schemas", description="Folder of the Avro schemas and the registry file.")
    policies: Path = Field(REPOSITORY / "policies", description="Folder of the policy packs.")
    people: Path = Field(Path("people.yaml"), description="File of the people and services that may call.")
    oidc_issuer: str = Field("", description="Issuer of the identity provider, as it names itself; empty: none.")
    oidc_client_id: str = Field("", description="The client that the provider knows us by.")
    oidc_client_secret: str = Field("", repr=False, description="The client's secret; empty: a public client.")
    oidc_scope: str = Field("openid profile", description="Scopes that the console asks the provider for.")
    oidc_audience: str = Field("", description="Audience of access tokens for the API; empty: the API takes none.")
    oidc_mapping: Path = Field(Path("identity.yaml"), description="File that says which claims are which role here.")
    oidc_step_up_acr: str = Field(
        "", description="Levels (acr) of which a fresh sign-in must have one, separated by spaces; empty: any."
    )
    public_url: str = Field("", description="Address at which browsers reach access, such as https://footage.city.")
    trusted_proxies: str = Field(
        "", description="Networks of proxies whose word is believed, separated by commas; empty: none."
    )
    proxy_header: Literal["x-forwarded-for", "forwarded"] = Field(
        "x-forwarded-for", description="The header that the trusted proxies write; the other is never read."
    )
    rate_per_person: float = Field(100.0, ge=0, description="Requests a second that a person may send; 0: no limit.")
    rate_per_address: float = Field(500.0, ge=0, description="Requests a second from one address; 0: no limit.")
    home: Path = Field(Path(".camledger"), description="Folder for footage and other files of this installation.")
    http_host: str = Field("127.0.0.1", description="Address that the HTTP interface listens on.")
    http_port: int = Field(0, ge=0, le=65535, description="Port of the HTTP interface; 0 takes a free one.")
    agency: str = Field("", description="Agency that runs this installation.")
    audit_origin: str = Field("camledger.local/audit", description="Origin of the transparency log.")
    ingest_url: str = Field("", description="Address of ingest's HTTP interface.")
    retention_url: str = Field("", description="Address of retention's HTTP interface.")
    access_url: str = Field("", description="Address of access' HTTP interface.")
    analytics_url: str = Field("", description="Address of analytics' HTTP interface.")
    service_token: str = Field("", repr=False, description="Token by which this service calls the others.")
    log_format: Literal["json", "console"] = Field("json", description="How log lines are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")

    @cached_property
    def proxies(self) -> Proxies:
        """The trusted proxies, read once. Raises NetworkUnreadable."""
        return Proxies(networks(self.trusted_proxies), self.proxy_header)

    def topic(self, name: str) -> str:
        """Return the broker's name of a topic such as ``segment.events``."""
        return f"{self.topic_prefix}{name}.v1"

    def short_topic(self, full_name: str) -> str:
        """Return the name in ``services.kernel.topics`` of a topic as the broker calls it."""
        return full_name.removeprefix(self.topic_prefix).removesuffix(".v1")

    def client(self, **settings: str | int | bool) -> dict[str, str | int | bool]:
        """Return librdkafka settings for this broker with the given ones added."""
        return (
            {"bootstrap.servers": self.kafka, "client.id": f"camledger-{self.service}"} | self.kafka_security | settings
        )
