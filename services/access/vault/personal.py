"""A value that names a person: it refuses to be printed, logged or turned into JSON by accident (I7)."""

from __future__ import annotations

from typing import NoReturn


class PersonalShown(TypeError):
    """Somebody tried to print or serialise personal data; ``reveal`` is the only way, and it is greppable."""


class Personal:
    """Holds one value. Only ``reveal()`` gives it back."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the value; the caller is about to show it to an entitled person or to encrypt it."""
        return self.__value

    def __refuse(self) -> NoReturn:
        raise PersonalShown("personal data is not printed, logged or serialised: call reveal() where it may be seen")

    def __str__(self) -> str:  # noqa: PLE0307 - refusing is the point
        self.__refuse()

    def __repr__(self) -> str:
        self.__refuse()

    def __format__(self, spec: str) -> str:
        self.__refuse()

    def __reduce__(self) -> str:
        self.__refuse()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and other.reveal() == self.__value

    def __hash__(self) -> int:
        return hash(self.__value)
