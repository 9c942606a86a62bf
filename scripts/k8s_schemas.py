"""Write JSON schemas of Kubernetes' own kinds, and of others by their definition, as kubeconform reads them offline.

Usage: k8s_schemas.py SWAGGER.json FOLDER [CUSTOM-RESOURCE-DEFINITION.yaml ...]
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

Node = dict[str, Any]
DEFINITIONS = "_definitions.json"
KIND = "x-kubernetes-group-version-kind"
# The API description says only "string" for these; the server takes more.
LOOSER: dict[str, Node] = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
}


def strict(node: Node) -> Node:
    """Return ``node`` as a schema that refuses unknown fields, with references into the definitions file."""
    if "$ref" in node:
        return {"$ref": node["$ref"].replace("#/definitions/", f"{DEFINITIONS}#/definitions/")}
    kept: Node = {name: node[name] for name in ("type", "required", "enum") if name in node}
    if "properties" in node:
        kept["properties"] = {name: strict(one) for name, one in node["properties"].items()}
        kept["additionalProperties"] = False
    if "items" in node:
        kept["items"] = strict(node["items"])
    if isinstance(node.get("additionalProperties"), dict):
        kept["additionalProperties"] = strict(node["additionalProperties"])
    return kept


def write(swagger: Path, folder: Path) -> int:
    """Write one file a kind, named as kubeconform's template asks for it; return how many."""
    definitions: Node = json.loads(swagger.read_text())["definitions"]
    schemas = {name: strict(one) for name, one in definitions.items()} | LOOSER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DEFINITIONS).write_text(json.dumps({"definitions": schemas}))
    written = 0
    for name, one in definitions.items():
        for kind in one.get(KIND, []):
            group = f"-{kind['group'].split('.')[0]}" if kind["group"] else ""
            (folder / f"{kind['kind'].lower()}{group}-{kind['version']}.json").write_text(json.dumps(schemas[name]))
            written += 1
    return written


def write_custom(definition: Path, folder: Path) -> int:
    """Write one file for each version of a custom kind; return how many."""
    found = yaml.safe_load(definition.read_text())["spec"]
    kind, group = found["names"]["kind"].lower(), found["group"].split(".")[0]
    for version in found["versions"]:
        schema = strict(version["schema"]["openAPIV3Schema"])
        # The definition leaves names and labels to the server.
        schema["properties"]["metadata"] = {"type": "object"}
        (folder / f"{kind}-{group}-{version['name']}.json").write_text(json.dumps(schema))
    return len(found["versions"])


if __name__ == "__main__":
    into = Path(sys.argv[2])
    written = write(Path(sys.argv[1]), into) + sum(write_custom(Path(one), into) for one in sys.argv[3:])
    print(f"{written} schemas in {into}")
