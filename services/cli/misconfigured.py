"""Settings of the environment that can't be read, as a person is told of them: by variable, never by value."""

from __future__ import annotations

import re

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

FIELD = re.compile(r'field "(\w+)"')


def faults_of(error: Exception) -> list[str]:
    """Return a sentence for each setting that an error is about; none if it is about something else."""
    if isinstance(error, SettingsError):
        named = FIELD.search(str(error))
        field = named[1] if named else ""
        found = next((each for each in BaseSettings.__subclasses__() if field in each.model_fields), BaseSettings)
        return [_sentence(found, field, "not the JSON that it must be")]
    if isinstance(error, ValidationError):
        found = next((each for each in BaseSettings.__subclasses__() if each.__name__ == error.title), BaseSettings)
        faults = error.errors() if found is not BaseSettings else []
        return [_sentence(found, ".".join(map(str, fault["loc"])), fault["msg"]) for fault in faults]
    return []


def _sentence(settings: type[BaseSettings], field: str, why: str) -> str:
    name = f"{settings.model_config.get('env_prefix', '')}{field}".upper()
    return f"{name}: {why}. Correct it in the environment (docs/runtime.md lists the settings)"
