"""The provider as a process of a test's own: its accounts, its clients, its keys, which the test may change."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from scripts.fetch_identity_provider import fetched

PROGRAM = Path(__file__).parent / "provider.mjs"
AUDIENCE = "urn:camledger:api"
CONSOLE, SECRET, APP = "camledger-console", "only-for-tests-and-long-enough-for-any-provider", "camledger-app"
APP_RETURNS_TO = "http://127.0.0.1/returned"
STARTS_WITHIN_S = 30


class RunningProvider:
    """One provider on a free port; ``accounts`` are subjects and their claims."""

    def __init__(self, home: Path, accounts: dict[str, dict[str, Any]], console: str) -> None:
        self.home, self.accounts, self.console = home, accounts, console
        self.long_ago: list[str] = []  # who signed in long ago, the first time
        self.port = free_port()
        # Another site than the console, which is called 127.0.0.1: browsers then keep their cookies apart.
        self.issuer = f"http://localhost:{self.port}"
        self.key = new_key("first")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, or start again with whatever was changed; sessions at the provider are gone then."""
        settings = self.home / "provider.json"
        settings.write_text(json.dumps(self._settings()))
        log = (self.home / "provider.log").open("ab")
        self._process = subprocess.Popen(["node", PROGRAM, settings], stdout=log, stderr=log)
        log.close()
        end = monotonic() + STARTS_WITHIN_S
        while not self._answers():
            assert self._process.poll() is None, (self.home / "provider.log").read_text()[-2000:]
            assert monotonic() < end, "the provider doesn't start"
            sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def sign(self, *, header: dict[str, Any] | None = None, key: RSAKey | None = None, **claims: Any) -> str:  # noqa: ANN401
        """Return a token by the provider's own key, as it might have issued it; ``claims`` change what it says."""
        now = int(time())
        told = {"iss": self.issuer, "aud": AUDIENCE, "sub": "lin", "iat": now, "exp": now + 300, "auth_time": now}
        named = {name: value for name, value in (told | self.accounts["lin"] | claims).items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": self.key.kid} | (header or {}), named, key or self.key)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.issuer}/.well-known/openid-configuration", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def _settings(self) -> dict[str, object]:
        console = {
            "client_id": CONSOLE,
            "client_secret": SECRET,
            "redirect_uris": [f"{self.console}/console/signed-in"],
            "post_logout_redirect_uris": [f"{self.console}/console/sign-in"],
            "backchannel_logout_uri": f"{self.console}/console/back-channel-logout",
            "backchannel_logout_session_required": True,
        }
        app = {
            "client_id": APP,
            "redirect_uris": [APP_RETURNS_TO],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        }
        return {
            "issuer": self.issuer,
            "port": self.port,
            "packages": str(fetched()),
            "jwks": {"keys": [self.key.as_dict(private=True)]},
            "accounts": self.accounts,
            "clients": [console, app],
            "audience": AUDIENCE,
            "long_ago": self.long_ago,
        }


def is_there() -> None:
    """Skip, and say so, on a machine that can't run the provider. CI has it (scripts/apt.sh)."""
    if shutil.which("npm") is None:
        pytest.skip("no Node on this machine: install it (apt-get install nodejs npm), or see scripts/apt.sh")


def new_key(kid: str) -> RSAKey:
    """Return a signing key as a provider has it."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
