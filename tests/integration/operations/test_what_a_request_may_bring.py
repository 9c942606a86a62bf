"""Bodies of every service, as its OpenAPI document tells them: nothing unknown is swallowed, every text has an end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from services.kernel.topics import SERVICES
from tests.integration.operations.conftest import City

Schema = dict[str, Any]
ENDS = {"maxLength", "enum", "const", "format"}
CLOSED = re.compile(r"\^[^*+]*\$")  # a pattern that lets nothing be repeated without end
NAIVE = "2026-11-22T00:00:00"
# Their inside is a policy's own, and is held against the pack.
OPEN = {"values", "request", "facts", "requester", "fields"}


def bodies(document: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield every JSON body with its route."""
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            content = route.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            for one in schema.get("anyOf", [schema] if schema else []):
                if (body := resolved(one, document)).get("type") != "null":
                    yield f"{method.upper()} {path}", body


def resolved(schema: Schema, document: Schema) -> Schema:
    if (name := schema.get("$ref")) is None:
        return schema
    found: Schema = document["components"]["schemas"][name.rpartition("/")[2]]
    return found


def endless(schema: Schema, document: Schema, at: str = "") -> Iterator[str]:
    """Yield the places inside a body at which a text may be of any length."""
    own = resolved(schema, document)
    if own.get("type") == "string" and not own.keys() & ENDS and not CLOSED.fullmatch(own.get("pattern", "*")):
        yield at
    for part in own.get("anyOf", []) + [each for each in [own.get("items")] if each]:
        yield from endless(part, document, at)
    for name, part in own.get("properties", {}).items():
        if name not in OPEN:
            yield from endless(part, document, f"{at}.{name}")


def document_of(city: City, service: str) -> Schema:
    document: Schema = httpx.get(f"{city.installation.urls[service]}/api/v1/openapi.json", timeout=30).json()
    return document


@pytest.mark.parametrize("service", SERVICES)
def test_no_body_swallows_a_field_that_nobody_knows(city: City, service: str) -> None:
    told = {route: body.get("additionalProperties") for route, body in bodies(document_of(city, service))}
    assert {route for route, more in told.items() if more is not False} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_text_has_an_end(city: City, service: str) -> None:
    document = document_of(city, service)
    found = {f"{route} {at}" for route, body in bodies(document) for at in endless(body, document)}
    assert found == set()


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("/cameras/plaza-01/retire", {"retired_at": NAIVE}, "without an offset"),
        ("/cameras/plaza-01/retire", {"retired_at": f"{NAIVE}Z", "because": "old"}, "Extra inputs"),
        ("/cameras/plaza-01/maintenance", {"work": "x" * 2_001, "done_at": f"{NAIVE}Z"}, "at most 2000"),
        ("/cameras", {"camera_id": "plaza\u0000"}, "can't be stored"),
        ("/takeovers", {"takeover_id": "t", "camera_id": "plaza-01", "footage_from": NAIVE}, "without an offset"),
    ],
)
def test_a_bad_body_is_told_where_and_why(city: City, path: str, body: dict[str, str], why: str) -> None:
    token = city.installation.tokens["admin-root"]
    headers = {"authorization": f"Bearer {token}"}
    answer = httpx.post(f"{city.installation.urls['ingest']}/api/v1{path}", json=body, headers=headers, timeout=30)
    assert answer.status_code == 422, answer.text
    assert why in answer.text
