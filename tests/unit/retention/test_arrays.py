"""Arrays in Postgres's binary form."""

from __future__ import annotations

import struct

import pytest

from services.retention.arrays import int8s

# Of ``SELECT array_send(ARRAY[0, 3599999999, -1]::int8[])``.
SENT = bytes.fromhex(
    "00000001 00000000 00000014 00000003 00000001"
    "00000008 0000000000000000 00000008 00000000d693a3ff 00000008 ffffffffffffffff"
)


def test_numbers_come_out_as_they_went_in() -> None:
    assert int8s(SENT) == (0, 3_599_999_999, -1)


def test_null_has_no_numbers() -> None:
    assert int8s(None) == ()


def test_half_an_array_is_none() -> None:
    with pytest.raises(struct.error):
        int8s(SENT[:-1])
