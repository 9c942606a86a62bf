"""What was adopted stays as it was adopted: kept by digest, fetched where it is missing, never taken on trust."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.kernel.binding import PolicyBinding
from services.runtime.kept_packs import KeptPacks
from services.runtime.packs import folder_digest, load_pack
from services.runtime.settings import Settings
from tests.fakes.pack_giver import DIGEST, SHIPPED, PackGiver, files

VERSION = load_pack(SHIPPED).version
BINDING = PolicyBinding(
    policy_id="daan-cctv",
    version=VERSION,
    digest=DIGEST,
    binding_from=datetime(2026, 1, 1, tzinfo=UTC),
    shortens=False,
    seq=1,
    recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.fixture
def offered(tmp_path: Path) -> Path:
    shutil.copytree(SHIPPED, tmp_path / "policies" / "daan-cctv")
    return tmp_path / "policies"


def replace_files(offered: Path) -> None:
    policy = offered / "daan-cctv" / "policy.yaml"
    policy.write_text(policy.read_text("utf-8").replace(f"version: {VERSION}", f"version: {VERSION + 1}", 1), "utf-8")


@pytest.fixture
def access(request: pytest.FixtureRequest) -> Iterator[PackGiver]:
    serving = PackGiver(getattr(request, "param", None) or files())
    yield serving
    serving.close()


def test_an_adopted_version_is_found_after_its_files_were_replaced_and_after_a_restart(
    offered: Path, tmp_path: Path
) -> None:
    assert KeptPacks(offered, tmp_path / "kept").version("daan-cctv", VERSION, DIGEST)
    replace_files(offered)
    again = KeptPacks(offered, tmp_path / "kept")
    found = again.version("daan-cctv", VERSION, DIGEST)
    assert found is not None
    assert (found.version, found.digest) == (VERSION, DIGEST)
    assert again.version("daan-cctv", VERSION + 1, folder_digest(offered / "daan-cctv"))


def test_a_version_whose_files_were_replaced_before_anybody_looked_is_fetched_from_access(
    offered: Path, tmp_path: Path, access: PackGiver
) -> None:
    replace_files(offered)
    packs = KeptPacks(offered, tmp_path / "kept")
    assert packs.version("daan-cctv", VERSION, DIGEST) is None
    asyncio.run(packs.fetch(Settings(service="ingest", access_url=access.url, service_token="t"), [BINDING]))
    assert packs.version("daan-cctv", VERSION, DIGEST)


@pytest.mark.parametrize("access", [files() | {"policy.yaml": "format: camledger.policy/1\n"}], indirect=True)
def test_files_with_another_digest_are_not_kept_whoever_gives_them(
    offered: Path, tmp_path: Path, access: PackGiver
) -> None:
    replace_files(offered)
    packs = KeptPacks(offered, tmp_path / "kept")
    asyncio.run(packs.fetch(Settings(service="ingest", access_url=access.url, service_token="t"), [BINDING]))
    assert packs.version("daan-cctv", VERSION, DIGEST) is None
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_kept_version_that_somebody_edited_permits_nothing(offered: Path, tmp_path: Path) -> None:
    KeptPacks(offered, tmp_path / "kept").version("daan-cctv", VERSION, DIGEST)
    replace_files(offered)
    edited = tmp_path / "kept" / DIGEST / "policy.yaml"
    edited.write_text(edited.read_text("utf-8") + "# edited\n", "utf-8")
    assert KeptPacks(offered, tmp_path / "kept").version("daan-cctv", VERSION, DIGEST) is None


@pytest.mark.parametrize("name", ["../policy.yaml", "/tmp/policy.yaml", "a/../../b.yaml", "run.sh"])
def test_a_file_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no file of a pack"):
        KeptPacks(tmp_path, tmp_path / "kept").keep(DIGEST, {name: ""})
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
