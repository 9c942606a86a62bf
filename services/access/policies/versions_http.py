"""Adopted versions as files, by digest: who judges by a version fetches it here after its files were replaced."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request

from services.access.asking import Asking, desk_of, settings_of
from services.access.refusals import Unknown
from services.runtime.packs import folder_digest

router = APIRouter(prefix="/api/v1")


@router.get("/policies/{policy_id}/versions/{digest}")
def version_files(request: Request, policy_id: str, digest: str, who: Asking) -> dict[str, object]:
    """Give every file of one version. Whoever asks computes the digest himself: it is all that he trusts."""
    folder = _folder(request, policy_id, digest)
    if folder is None:
        raise Unknown(f"no version of {policy_id!r} with digest {digest}", remedy="list them: GET /api/v1/policies")
    return {"policy_id": policy_id, "digest": digest, "files": _files(folder), "asked_by": who.person_id}


def _folder(request: Request, policy_id: str, digest: str) -> Path | None:
    shelf = desk_of(request).shelf
    kept = settings_of(request).home / "access" / "policies"
    named = [path.parent for path in kept.glob("*/*/policy.yaml") if path.parent.parent.name == policy_id]
    offered = shelf.offered(policy_id)
    for folder in [*named, *([offered.path] if offered is not None else [])]:
        if folder_digest(folder) == digest:
            return folder
    return None


def _files(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*") if path.suffix in {".yaml", ".yml"} and path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8") for path in found}
