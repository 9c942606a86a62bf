"""Which version bound a camera when: the log's own history, and the same with another version put in its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.kernel.binding import CameraBinding, PolicyBinding, binding_version, policy_of
from services.kernel.ids import EPOCH
from services.kernel.policy import Pack

Packs = Callable[[PolicyBinding], Pack | None]


class PackMissing(LookupError):
    """The log names a version whose files aren't here: without them its history can't be judged."""

    def __init__(self, binding: PolicyBinding) -> None:
        super().__init__(f"{binding.policy_id} version {binding.version} (digest {binding.digest}) isn't here")
        self.binding = binding


@dataclass(frozen=True, slots=True)
class Epoch:
    """A time in which one version bound; ``ends`` None: until further notice."""

    begins: datetime
    ends: datetime | None
    binding: PolicyBinding
    pack: Pack


@dataclass(slots=True)
class Bindings:
    """All bindings of the log with the instants at which they came on it."""

    policies: dict[str, list[PolicyBinding]] = field(default_factory=lambda: defaultdict(list))
    by_camera: dict[str, list[tuple[datetime, CameraBinding]]] = field(default_factory=lambda: defaultdict(list))
    by_class: dict[str, list[tuple[datetime, CameraBinding]]] = field(default_factory=lambda: defaultdict(list))

    def bind(self, at: datetime, binding: CameraBinding) -> None:
        """Note a camera's or a whole class' binding."""
        named = self.by_camera[binding.camera_id] if binding.camera_id else self.by_class[binding.retention_class]
        named.append((at, binding))

    def epochs(self, camera_id: str, retention_class: str, packs: Packs) -> list[Epoch]:
        """Return the versions that bound a camera's footage of a class, in order of time. Raises PackMissing."""
        cameras = [*self.by_camera.get(camera_id, ()), *self.by_class.get(retention_class, ())]
        ids = {binding.policy_id for _, binding in cameras}
        versions = [each for policy_id in ids for each in self.policies.get(policy_id, ())]
        starts = sorted(set(_instants(cameras, versions)))
        found = [(at, self._binding(cameras, camera_id, retention_class, at)) for at in starts]
        return list(_joined(found, packs))

    def in_force(self, policy_id: str, at: datetime) -> PolicyBinding | None:
        """Return the version of a pack that binds at an instant, as the log stood then."""
        return binding_version([b for b in self.policies.get(policy_id, ()) if b.recorded_at <= at], at)

    def _binding(
        self, cameras: list[tuple[datetime, CameraBinding]], camera_id: str, retention_class: str, at: datetime
    ) -> PolicyBinding | None:
        known = [binding for recorded_at, binding in cameras if recorded_at <= at]
        policy_id = policy_of(known, camera_id, retention_class, at)
        return self.in_force(policy_id, at) if policy_id else None


def _instants(
    cameras: Iterable[tuple[datetime, CameraBinding]], versions: Iterable[PolicyBinding]
) -> Iterator[datetime]:
    for recorded_at, binding in cameras:
        yield from (recorded_at, max(recorded_at, binding.binding_from))
    for version in versions:
        yield from (version.recorded_at, max(version.recorded_at, version.binding_from))


def _joined(found: list[tuple[datetime, PolicyBinding | None]], packs: Packs) -> Iterator[Epoch]:
    """Neighbours with one binding are one epoch; a time in which nothing bound is none: then nothing goes (I3)."""
    changes = [found[i] for i in range(len(found)) if i == 0 or found[i][1] != found[i - 1][1]]
    ends: list[datetime | None] = [at for at, _ in changes[1:]]
    for (begins, binding), end in zip(changes, [*ends, None], strict=True) if changes else ():
        if binding is None:
            continue
        pack = packs(binding)
        if pack is None:
            raise PackMissing(binding)
        yield Epoch(begins, end, binding, pack)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Another version in the place of a policy's own, from an instant on."""

    pack: Pack
    replaces: str
    since: datetime = EPOCH
    shortens: bool = False  # it then leaves footage recorded before ``since`` a whole recovery window

    @property
    def binding(self) -> PolicyBinding:
        return PolicyBinding(
            policy_id=self.replaces,
            version=self.pack.version,
            digest=self.pack.digest,
            binding_from=self.since,
            shortens=self.shortens,
            seq=0,
            recorded_at=self.since,
        )

    def over(self, epochs: Iterable[Epoch]) -> list[Epoch]:
        """Return these epochs with the candidate wherever the policy that it replaces bound from ``since`` on."""
        return [part for epoch in epochs for part in self._parts(epoch)]

    def _parts(self, epoch: Epoch) -> Iterator[Epoch]:
        if epoch.binding.policy_id != self.replaces or (epoch.ends is not None and epoch.ends <= self.since):
            yield epoch
            return
        if epoch.begins < self.since:
            yield replace(epoch, ends=self.since)
        yield Epoch(max(epoch.begins, self.since), epoch.ends, self.binding, self.pack)


def always(pack: Pack, policy_id: str) -> list[Epoch]:
    """Return one epoch without beginning or end: the history of a log that names no binding."""
    return [Epoch(EPOCH, None, Candidate(pack=pack, replaces=policy_id).binding, pack)]
