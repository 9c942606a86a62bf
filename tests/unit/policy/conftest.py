"""The four packs that ship, loaded once."""

import pytest

from services.kernel.policy import Pack
from services.runtime.packs import PackFolder, load_folder
from services.runtime.settings import REPOSITORY

PACKS = ("spd-cctv", "npa-bwc", "daan-cctv", "taipei-live")


@pytest.fixture(scope="session")
def folders() -> dict[str, PackFolder]:
    return {name: load_folder(REPOSITORY / "policies" / name) for name in PACKS}


@pytest.fixture(scope="session")
def spd(folders: dict[str, PackFolder]) -> Pack:
    return folders["spd-cctv"].pack


@pytest.fixture(scope="session")
def npa(folders: dict[str, PackFolder]) -> Pack:
    return folders["npa-bwc"].pack


@pytest.fixture(scope="session")
def daan(folders: dict[str, PackFolder]) -> Pack:
    return folders["daan-cctv"].pack


@pytest.fixture(scope="session")
def live(folders: dict[str, PackFolder]) -> Pack:
    return folders["taipei-live"].pack
