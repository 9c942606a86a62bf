"""Install the chart on a real Kubernetes API server on loopback: strict fields, PodSecurity, upgrade, removal.

Usage: helm_apiserver.py SERVER HELM CHART VERSION [CUSTOM-RESOURCE-DEFINITION.yaml ...]; see helm_apiserver.sh.
"""

import json
import os
import secrets
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import yaml

Node = dict[str, Any]
READY_S = 120.0
NAMESPACE, RELEASE = "evidence", "camledger"
LEVELS = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said: HTTP status, body, and its warnings."""

    status: int
    body: Node
    warnings: tuple[str, ...]

    def fault(self) -> str:
        """Return what is wrong with it, empty when it was taken without a warning."""
        return str(self.body.get("message", self.status)) if self.status >= 400 else "; ".join(self.warnings)  # noqa: PLR2004


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The API server as its administrator sees it."""

    url: str
    token: str
    authority: Path
    folder: Path

    def ask(self, method: str, path: str, body: Node | None = None, kind: str = "application/json") -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        asked = Request(  # noqa: S310 - our own loopback address
            self.url + path, method=method, headers=headers, data=None if body is None else json.dumps(body).encode()
        )
        context = ssl.create_default_context(cafile=self.authority)
        try:
            with urlopen(asked, timeout=30, context=context) as answer:  # noqa: S310 - as above
                status, text, told = answer.status, answer.read(), answer.headers.get_all("Warning") or []
        except HTTPError as refused:
            status, text, told = refused.code, refused.read(), refused.headers.get_all("Warning") or []
        found = json.loads(text) if text[:1] == b"{" else {"message": text.decode()}
        return Answer(status=status, body=found, warnings=tuple(told))

    def apply(self, manifest: Node, *, dry: bool = True) -> Answer:
        """Apply server-side: unknown fields are refused, and what PodSecurity would refuse comes as a warning."""
        path = f"{self._collection(manifest)}/{manifest['metadata']['name']}"
        options = f"?fieldManager=check&force=true&fieldValidation=Strict{'&dryRun=All' if dry else ''}"
        return self.ask("PATCH", path + options, manifest, APPLY)

    def _collection(self, manifest: Node) -> str:
        version = manifest["apiVersion"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        kinds = {one["kind"]: one for one in self.ask("GET", root).body["resources"] if "/" not in one["name"]}
        one = kinds[manifest["kind"]]
        return f"{root}/namespaces/{NAMESPACE}/{one['name']}" if one["namespaced"] else f"{root}/{one['name']}"

    def kubeconfig(self) -> Path:
        """Write the file by which Helm finds the server."""
        cluster = {"server": self.url, "certificate-authority": str(self.authority)}
        body = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "check",
            "clusters": [{"name": "check", "cluster": cluster}],
            "users": [{"name": "check", "user": {"token": self.token}}],
            "contexts": [{"name": "check", "context": {"cluster": "check", "user": "check", "namespace": NAMESPACE}}],
        }
        path = self.folder / "kubeconfig"
        path.write_text(yaml.safe_dump(body))
        path.chmod(0o600)
        return path


@contextmanager
def running(program: str, folder: Path) -> Iterator[Server]:
    """Run the server in ``folder`` until the end."""
    secure, client, peer = _ports(3)
    token = secrets.token_hex(16)
    key, public = folder / "sa.key", folder / "sa.pub"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    (folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n')
    etcd = f"http://127.0.0.1:{client}"
    own = {"ETCD_DATA_DIR": str(folder / "etcd"), "ETCD_CLIENT_URL": etcd, "ETCD_PEER_URL": f"http://127.0.0.1:{peer}"}
    options = {
        "etcd-servers": etcd,
        "secure-port": secure,
        "bind-address": "127.0.0.1",
        "advertise-address": "127.0.0.1",
        "cert-dir": folder / "certs",
        "service-cluster-ip-range": "10.0.0.0/24",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": public,
        "service-account-signing-key-file": key,
        "token-auth-file": folder / "tokens.csv",
        "authorization-mode": "RBAC",
        # No controller makes the account that each pod would be given.
        "disable-admission-plugins": "ServiceAccount",
    }
    command = [program, *(f"--{name}={value}" for name, value in options.items())]
    url, authority = f"https://127.0.0.1:{secure}", folder / "certs" / "apiserver.crt"
    with (folder / "server.log").open("w") as log:
        child = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log)
    try:
        server = Server(url=url, token=token, authority=authority, folder=folder)
        _await_ready(server, child)
        yield server
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()


def _ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    found = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return found


def _await_ready(server: Server, child: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until and child.poll() is None:
        try:
            if server.authority.exists() and server.ask("GET", "/readyz").status == 200:  # noqa: PLR2004
                return
        except (URLError, OSError):
            pass
        time.sleep(0.25)
    sys.exit(f"the API server isn't ready:\n{(server.folder / 'server.log').read_text()[-3000:]}")


@dataclass(slots=True)
class Check:
    """What is asked, and what was found wrong."""

    server: Server
    helm: str
    chart: Path
    version: str
    faults: list[str]

    def say(self, what: str, fault: str) -> None:
        print(f"{'FAIL' if fault else 'ok':4}  {what}{f': {fault}' if fault else ''}", flush=True)
        if fault:
            self.faults.append(what)

    def prepare(self, definitions: list[Path]) -> None:
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": LEVELS}}
        self.say(f"namespace {NAMESPACE}, PodSecurity restricted", self.server.apply(space, dry=False).fault())
        for path in definitions:
            manifest = yaml.safe_load(path.read_text())
            self.say(f"definition {manifest['metadata']['name']}", self.server.apply(manifest, dry=False).fault())
            until = time.monotonic() + READY_S
            group = f"/apis/{manifest['spec']['group']}/{manifest['spec']['versions'][0]['name']}"
            plural = manifest["spec"]["names"]["plural"]
            while plural not in str(self.server.ask("GET", group).body) and time.monotonic() < until:
                time.sleep(0.25)

    def manifests(self, values: Path) -> None:
        """Every manifest is taken with strict fields and no warning; a pod of each template passes the admission."""
        words: list[str | Path] = [
            self.helm,
            "template",
            RELEASE,
            self.chart,
            "--kube-version",
            self.version,
            "--namespace",
            NAMESPACE,
        ]
        told = subprocess.run([*words, "--values", values], check=True, capture_output=True, text=True).stdout
        for manifest in filter(None, yaml.safe_load_all(told)):
            name = f"{values.name}: {manifest['kind']}/{manifest['metadata']['name']}"
            self.say(name, self.server.apply(manifest).fault())
            if template := _template(manifest):
                pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": template["spec"]}
                self.say(f"{name}, a pod of it", self.server.apply(pod).fault())

    def life(self, first: Path, then: Path) -> None:
        """Install, upgrade with other values, remove: the claim with the footage stays."""
        # Hooks are Jobs, and no controller runs them here.
        more = ["--no-hooks", "--namespace", NAMESPACE]
        self.say(
            f"helm install with {first.name}", self._helm("install", RELEASE, self.chart, "--values", first, *more)
        )
        self.say(f"helm upgrade to {then.name}", self._helm("upgrade", RELEASE, self.chart, "--values", then, *more))
        self.say("helm rollback to the first", self._helm("rollback", RELEASE, "1", *more))
        claims = f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims"
        before = [one["metadata"]["name"] for one in self.server.ask("GET", claims).body["items"]]
        self.say("helm uninstall", self._helm("uninstall", RELEASE, *more))
        kept = [one["metadata"] for one in self.server.ask("GET", claims).body["items"]]
        there = [one["name"] for one in kept if "deletionTimestamp" not in one]
        self.say("the footage's claim outlives the release", "" if there == before != [] else f"{before}, then {there}")
        left = self.server.ask("GET", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments").body["items"]
        running = [one["metadata"]["name"] for one in left if "deletionTimestamp" not in one["metadata"]]
        self.say("no workload outlives it", ", ".join(running))

    def refused(self, bad: Path) -> None:
        """A check that can't fail is none: the server must refuse these, or warn."""
        manifest = yaml.safe_load(bad.read_text())
        said = self.server.apply(manifest).fault()
        self.say("a misspelt field is refused", "" if "containerPrt" in said else f"it said {said!r}")
        del manifest["spec"]["containers"][0]["ports"]
        said = self.server.apply(manifest).fault()
        self.say("a pod that may run as root is refused", "" if "restricted" in said else f"it said {said!r}")
        labels = {"app": "bad"}
        template = {"metadata": {"labels": labels}, "spec": manifest["spec"]}
        deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "bad"},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }
        said = self.server.apply(deployment).fault()
        self.say("a workload of such pods is warned of", "" if "restricted" in said else f"it said {said!r}")

    def _helm(self, *words: object) -> str:
        command = [self.helm, *map(str, words), "--kubeconfig", str(self.server.kubeconfig())]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        return done.stderr.strip() or f"exit code {done.returncode}" if done.returncode or "Warn" in done.stderr else ""


def _template(manifest: Node) -> Node | None:
    spec = manifest.get("spec", {})
    found: Node | None = spec.get("jobTemplate", {}).get("spec", {}).get("template") or spec.get("template")
    return found


def main(program: str, helm: str, chart: str, version: str, *definitions: str) -> int:
    """Run every check; return 1 if any failed."""
    values = sorted(Path(chart, "ci").glob("*-values.yaml"), reverse=True)
    with TemporaryDirectory(prefix="camledger-apiserver-") as folder, running(program, Path(folder)) as server:
        check = Check(server=server, helm=helm, chart=Path(chart), version=version, faults=[])
        check.prepare([Path(one) for one in definitions])
        for one in values:
            check.manifests(one)
        check.life(*values)
        check.refused(Path("tests/helm/known-bad.yaml"))
    print(f"{len(check.faults)} faults" if check.faults else "the chart holds on a real API server")
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
