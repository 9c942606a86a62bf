"""Check that every pod in rendered manifests meets PodSecurity "restricted" and has resources and probes.

Usage: restricted.py RENDERED.yaml; exit 1 with the list of what doesn't.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Node = dict[str, Any]


def pods(path: Path) -> Iterator[tuple[str, Node, bool]]:
    """Yield each pod's name, specification, and whether it runs for ever."""
    for manifest in yaml.safe_load_all(path.read_text()):
        if not manifest:
            continue
        name = f"{manifest['kind']}/{manifest['metadata']['name']}"
        if manifest["kind"] == "Pod":
            yield name, manifest["spec"], True
        elif manifest["kind"] == "CronJob":
            yield name, manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"], False
        elif "template" in manifest.get("spec", {}):
            yield name, manifest["spec"]["template"]["spec"], manifest["kind"] == "Deployment"


def faults(pod: Node, *, for_ever: bool) -> Iterator[str]:
    """Yield what is wrong with one pod."""
    context = pod.get("securityContext", {})
    if not context.get("runAsNonRoot"):
        yield "may run as root"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccomp profile"
    if pod.get("automountServiceAccountToken", True):
        yield "mounts a service account token"
    for container in pod["containers"]:
        yield from (f"{container['name']} {fault}" for fault in _container(container, for_ever=for_ever))


def _container(container: Node, *, for_ever: bool) -> Iterator[str]:
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation", True):
        yield "may gain privileges"
    if context.get("capabilities", {}).get("drop") != ["ALL"]:
        yield "keeps capabilities"
    if not context.get("readOnlyRootFilesystem"):
        yield "may write to its image"
    if "limits" not in container.get("resources", {}):
        yield "has no limits"
    if for_ever and not {"livenessProbe", "readinessProbe", "startupProbe"} <= container.keys():
        yield "lacks a probe"


if __name__ == "__main__":
    found = [f"{name}: {fault}" for name, pod, ever in pods(Path(sys.argv[1])) for fault in faults(pod, for_ever=ever)]
    print("\n".join(found) or "every pod is restricted")
    sys.exit(1 if found else 0)
