"""Whose certificates a client of our services believes."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


def trusted(*addresses: str) -> ssl.SSLContext:
    """Return what a client of these addresses verifies with: the machine's certificates, where one address needs any.

    Where all are plain http it trusts nobody: what comes to TLS all the same fails instead of being believed.
    """
    return _nobodys() if all(address.startswith("http://") for address in addresses) else _machines()


@cache
def _machines() -> ssl.SSLContext:
    # Read once by a process: each client would read them anew, and whoever waits for it waits tens of milliseconds.
    return httpx.create_ssl_context()


@cache
def _nobodys() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
