"""Adopted packs by digest, kept in a service's own home: the version that binds stays when its files are replaced.

A pack that isn't here with exactly the bytes that were adopted permits nothing (I3). Asking never waits for anybody:
what is missing is fetched from access beforehand, by ``fetch``, and counts only if its digest is right.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import Final

import httpx

from services.kernel.binding import PolicyBinding
from services.kernel.policy import Pack
from services.runtime import peers
from services.runtime.logs import logger
from services.runtime.packs import PackBroken, folder_digest, load_pack, pack_folders
from services.runtime.settings import Settings

DIGEST: Final = re.compile(r"[0-9a-f]{64}")
FILES_MAX: Final = 200
CHARS_MAX: Final = 10_000_000


class KeptPacks:
    """Packs by what the protection log names. ``offered`` is the folder people edit; ``kept`` is this service's own."""

    def __init__(self, offered: Path, kept: Path) -> None:
        self._offered, self._kept = offered, kept
        self._packs: dict[str, Pack] = {}

    def version(self, policy_id: str, version: int, digest: str) -> Pack | None:
        """Return the version with exactly these bytes, None if it isn't here (then nothing may go)."""
        if digest not in self._packs and DIGEST.fullmatch(digest):
            self._find(digest)
        found = self._packs.get(digest)
        return found if found and (found.id, found.version) == (policy_id, version) else None

    def newest(self, policy_id: str) -> Pack | None:
        """Return the highest version on offer, for records that are kept before anything binds."""
        for folder in pack_folders(self._offered):
            digest = folder_digest(folder)
            if digest not in self._packs:
                self._load(folder, digest)
        found = [pack for pack in self._packs.values() if pack.id == policy_id]
        return max(found, key=lambda pack: pack.version, default=None)

    async def fetch(self, settings: Settings, bindings: Iterable[PolicyBinding]) -> None:
        """Ask access for every adopted version that isn't here. One that can't be had now is asked for again."""
        missing = [each for each in bindings if self.version(each.policy_id, each.version, each.digest) is None]
        if missing and settings.access_url:
            async with peers.client(settings, "access") as access:
                for binding in missing:
                    await self._fetch(access, binding)

    async def _fetch(self, access: httpx.AsyncClient, binding: PolicyBinding) -> None:
        try:
            answer = await access.get(f"/policies/{binding.policy_id}/versions/{binding.digest}")
            answer.raise_for_status()
            self.keep(binding.digest, answer.json()["files"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as failed:
            reference = f"{binding.policy_id} {binding.version}"
            logger().warning("pack.missing", pack=reference, digest=binding.digest, reason=str(failed))

    def keep(self, digest: str, files: Mapping[str, str]) -> None:
        """Keep a version by its files. Raises ValueError unless they are a pack of exactly this digest."""
        sizes = [len(content) for content in files.values()]
        if len(files) > FILES_MAX or sum(sizes) > CHARS_MAX or not DIGEST.fullmatch(digest):
            raise ValueError(f"{len(files)} files of {sum(sizes)} characters for {digest!r} are no pack")
        unfinished = self._unfinished()
        try:
            for name, content in files.items():
                target = unfinished / _inside(name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(content, "utf-8", newline="")
            self._settle(unfinished, digest)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _find(self, digest: str) -> None:
        here = self._kept / digest
        if here.is_dir():
            self._load(here, digest)
            return
        for folder in pack_folders(self._offered):
            if folder_digest(folder) == digest:
                self._copy(folder, digest)
                return

    def _copy(self, folder: Path, digest: str) -> None:
        unfinished = self._unfinished()
        try:
            shutil.copytree(folder, unfinished, dirs_exist_ok=True)
            self._settle(unfinished, digest)
        except (OSError, ValueError) as failed:
            # Without room to keep it, or while somebody edits it: it counts as long as its bytes lie there.
            logger().warning("pack.not_kept", folder=str(folder), reason=str(failed))
            self._load(folder, digest)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _unfinished(self) -> Path:
        folder = self._kept / f".{os.getpid()}-{token_hex(6)}"
        folder.mkdir(parents=True)
        return folder

    def _settle(self, unfinished: Path, digest: str) -> None:
        if (found := folder_digest(unfinished)) != digest:
            raise ValueError(f"these files have digest {found}, adopted was {digest}")
        target = self._kept / digest
        try:
            unfinished.rename(target)
        except OSError:
            if not target.is_dir():
                raise
        self._load(target, digest)

    def _load(self, folder: Path, digest: str) -> None:
        try:
            pack = load_pack(folder)
        except PackBroken as broken:
            # Somebody is editing a version that doesn't bind yet; those that bind stay as they were loaded.
            logger().warning("pack.broken", folder=str(folder), reason=str(broken)[:500])
            return
        if pack.digest == digest:
            self._packs[digest] = pack


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or path.suffix not in {".yaml", ".yml"}:
        raise ValueError(f"{name!r} is no file of a pack")
    return path
