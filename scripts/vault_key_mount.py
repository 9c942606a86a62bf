"""Check in rendered manifests that the Secret with the vault's key reaches the pod of access, as a file, and no other.

Usage: python -m scripts.vault_key_mount RENDERED.yaml SECRET; exit 1 with the list of what is wrong.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.restricted import Node, pods

SETTING = "CAMLEDGER_VAULT_KEY_FILE"
FOR_THE_GROUP = 0o440


def faults(manifests: Path, secret: str) -> Iterator[str]:
    """Yield who has the Secret and shouldn't, and what is wrong with the one who should."""
    holders = [(name, pod) for name, pod, _ in pods(manifests) if secret in str(pod)]
    if not any(_is_access(pod) for _, pod in holders):
        yield f"no pod of access has the Secret {secret}"
    for name, pod in holders:
        own = _of_access(pod, secret) if _is_access(pod) else ["has the vault's key and isn't access"]
        yield from (f"{name}: {fault}" for fault in own)


def _is_access(pod: Node) -> bool:
    return any(container.get("args", [])[:2] == ["serve", "access"] for container in pod["containers"])


def _of_access(pod: Node, secret: str) -> Iterator[str]:
    volumes = [one for one in pod.get("volumes", []) if one.get("secret", {}).get("secretName") == secret]
    if len(volumes) != 1 or str(pod).count(secret) != 1:
        yield "has the key otherwise than by one volume"
        return
    (volume,), context = volumes, pod.get("securityContext", {})
    if volume["secret"].get("defaultMode") != FOR_THE_GROUP:
        yield "the key's mode isn't 0440"
    if "fsGroup" not in context or context["fsGroup"] != context.get("runAsGroup"):
        yield "fsGroup isn't the group that it runs as"
    for container in pod["containers"]:
        yield from _mounted(container, volume)


def _mounted(container: Node, volume: Node) -> Iterator[str]:
    mounts = [one for one in container.get("volumeMounts", []) if one["name"] == volume["name"]]
    if [one.get("readOnly") for one in mounts] != [True]:
        yield f"{container['name']} has the key not once, or not for reading only"
    files = {f"{one['mountPath']}/{item['path']}" for one in mounts for item in volume["secret"].get("items", [])}
    if {one.get("value") for one in container.get("env", []) if one["name"] == SETTING} != files:
        yield f"{container['name']} isn't told by {SETTING} where the key is"


if __name__ == "__main__":
    found = list(faults(Path(sys.argv[1]), sys.argv[2]))
    print("\n".join(found) or "the vault's key reaches access alone")
    sys.exit(1 if found else 0)
