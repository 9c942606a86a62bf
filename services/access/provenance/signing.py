"""Writes a signed C2PA manifest into a copy. Runs in the child process only."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from c2pa import Builder, C2paBuilderIntent, C2paError, C2paSigningAlg, Signer

from services.access.provenance.unfit import Unfit


def sign(asked: dict[str, Any], signature: Callable[[bytes], bytes]) -> dict[str, Any]:
    """Write ``source`` with its manifest to ``target``; return the manifest's hash. Raises Unfit for a broken file."""
    signer = Signer.from_callback(signature, C2paSigningAlg.ES256, asked["certificates"], None)
    builder = Builder.from_json(json.dumps(asked["manifest"]))
    try:
        if parent := asked.get("parent"):
            builder.set_intent(C2paBuilderIntent.EDIT)
            with open(parent["path"], "rb") as file:  # noqa: PTH123 - the library reads an open file
                builder.add_ingredient({"title": parent["title"], "relationship": "parentOf"}, asked["format"], file)
        with open(asked["source"], "rb") as source, open(asked["target"], "w+b") as target:  # noqa: PTH123
            manifest = builder.sign(signer, asked["format"], source, target)
    except C2paError as refused:
        raise Unfit(str(refused)) from refused
    return {"manifest_sha256": sha256(manifest).hexdigest()}
