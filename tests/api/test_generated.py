"""Requests that nobody would think of, made from each service's own OpenAPI, with every role: never a 5xx, no way in.

``make acceptance`` sends a few at every operation, always the same;
``CAMLEDGER_TEST_API_EXAMPLES=300`` sends as many, others each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation, BaseSchema

from services.cli.up.people import SERVICES
from tests.api.callers import Line, Matrix
from tests.api.conftest import account
from tests.fakes.clause_city import City

EXAMPLES: Final = "CAMLEDGER_TEST_API_EXAMPLES"
A_FEW: Final = 4
OUR_FAULT, REFUSED = 500, 400
TIMEOUT_S: Final = 60


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_is_sent_nothing_fails_and_nobody_gets_in_whom_the_matrix_keeps_out(
    city: City, matrix: Matrix, service: str
) -> None:
    faults = [fault for operation in operations(city, service) for fault in faults_of(city, matrix, service, operation)]
    assert faults == []


def operations(city: City, service: str) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    """Return the operations of a service as it describes them itself."""
    schema: BaseSchema = schemathesis.openapi.from_url(f"{city.installation.urls[service]}/api/v1/openapi.json")
    for found in schema.get_all_operations():
        yield found.ok()  # type: ignore[union-attr] # what can't be read fails here, and should


def faults_of(city: City, matrix: Matrix, service: str, operation: APIOperation[Any, Any, Any, Any]) -> list[str]:
    """Send generated requests to one operation; return what went wrong, smallest request first."""
    line = matrix.of(service, operation.method.upper(), operation.path)
    if line is None:
        return [f"{service} {operation.method.upper()} {operation.path} stands nowhere in docs/callers.yaml"]
    wanted = int(os.environ.get(EXAMPLES, A_FEW))
    found: list[str] = []
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @settings(
            max_examples=wanted,
            derandomize=EXAMPLES not in os.environ,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), role=st.sampled_from(matrix.roles))
        def sent(case: Any, role: str) -> None:  # noqa: ANN401 - without types
            token = city.installation.tokens[account(role)]
            answer = case.call(
                base_url=city.installation.urls[service],
                headers={"authorization": f"Bearer {token}"},
                timeout=TIMEOUT_S,
            )
            assert not _is_fault(line, role, answer.status_code), (
                f"{role}: {answer.status_code} {case.as_curl_command()}"
            )

        try:
            sent()
        except AssertionError as fault:
            found.append(f"{line.name} {mode}: {fault}")
        except Unsatisfiable:
            continue  # An operation without anything to be wrong about has no wrong requests.
    return found


def _is_fault(line: Line, role: str, status: int) -> bool:
    gets_in = status < REFUSED and line.roles is not None and role not in line.roles
    return status >= OUR_FAULT or gets_in
