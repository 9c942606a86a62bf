"""An adopted version is given out by its digest, so that whoever judges by it can keep it."""

from __future__ import annotations

from pathlib import Path

from services.runtime.kept_packs import KeptPacks
from tests.integration.access.conftest import City


def test_the_files_of_an_adopted_version_are_given_and_have_its_digest(city: City, tmp_path: Path) -> None:
    listed = city.see("officer-lin", "/policies")["policies"]
    binding = next(each["in_force"] for each in listed if each["policy_id"] == "daan-cctv")
    digest = binding["digest"]
    files = city.see("officer-lin", f"/policies/daan-cctv/versions/{digest}")["files"]
    packs = KeptPacks(tmp_path / "offered", tmp_path / "kept")
    packs.keep(digest, files)
    assert packs.version("daan-cctv", binding["version"], digest)
    assert city.call("officer-lin", "GET", f"/policies/spd-cctv/versions/{digest}").status_code == 404
