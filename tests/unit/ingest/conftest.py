"""One media process for the tests of this folder: starting it is what costs."""

from collections.abc import Iterator

import pytest

from services.ingest.media.process import MediaProcess


@pytest.fixture(scope="session")
def media() -> Iterator[MediaProcess]:
    """The real child process, with FFmpeg in it."""
    with MediaProcess() as process:
        yield process
