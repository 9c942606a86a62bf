"""The schema files are what the code says, every released byte stays readable, and versions read each other."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from copy import deepcopy
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import fastavro
import pytest
import yaml

from services.kernel.envelope import Envelope
from services.kernel.events import SegmentRecorded
from services.kernel.topics import TOPICS
from services.runtime.codec import FRAME, Codec
from services.runtime.registry import Registered, Registry, RegistryBroken, open_registry, read_entries
from services.runtime.schemas.compatibility import full_transitive_faults
from services.runtime.schemas.examples import as_json, example
from services.runtime.schemas.files import planned, release
from services.runtime.settings import REPOSITORY, Settings

FOLDER = REPOSITORY / "schemas"
EVENTS = [(topic, event) for topic in TOPICS for event in topic.events]
BAD_CHANGES = yaml.safe_load((Path(__file__).parent / "incompatible.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(open_registry(Settings()))


def test_the_files_are_what_the_code_says() -> None:
    different = [path for path, content in planned(FOLDER).items() if (FOLDER / path).read_bytes() != content]
    assert different == [], "run `make schemas`"


def test_no_file_is_left_over() -> None:
    known = {*planned(FOLDER), *(entry.path for entry in read_entries(FOLDER))}
    older = {
        f"{kind}/{e.topic}/{e.event}.v{e.version}" for e in read_entries(FOLDER) for kind in ("golden", "examples")
    }
    there = {str(path.relative_to(FOLDER)) for kind in ("*.events", "golden", "examples") for path in files_of(kind)}
    assert {path for path in there - known if path.rsplit(".", 1)[0] not in older} == set()


def files_of(kind: str) -> list[Path]:
    return [path for folder in FOLDER.glob(kind) for path in folder.rglob("*") if path.is_file()]


def test_every_golden_record_is_read_and_says_what_its_example_says(codec: Codec) -> None:
    files = sorted((FOLDER / "golden").rglob("*.bin"))
    for path in files:
        fact = codec.decode(path.read_bytes())
        told = json.loads((FOLDER / "examples" / path.relative_to(FOLDER / "golden").with_suffix(".json")).read_text())
        assert {name: json.loads(as_json(fact))[name] for name in told} == told, path
    assert len(files) >= len(EVENTS)


def test_every_event_survives_the_way_to_bytes_and_back(codec: Codec) -> None:
    for topic, event in EVENTS:
        fact = example(event, topic.name)
        assert codec.decode(codec.encode(fact, topic.writer)) == fact


def test_the_envelope_stands_in_front_and_is_never_null() -> None:
    names = [field.name for field in fields(Envelope)]
    for entry in read_entries(FOLDER):
        schema = json.loads((FOLDER / entry.path).read_text("utf-8"))
        head = schema["fields"][: len(names)]
        assert [field["name"] for field in head] == names
        assert not any(isinstance(field["type"], list) for field in head)


def test_ids_are_dense_and_each_stands_for_one_subject_and_version() -> None:
    entries = read_entries(FOLDER)
    assert [entry.id for entry in entries] == list(range(1, len(entries) + 1))
    assert len({(entry.subject, entry.version) for entry in entries}) == len(entries)


def test_all_versions_of_an_event_read_each_other() -> None:
    versions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in read_entries(FOLDER):
        versions[entry.subject].append(json.loads((FOLDER / entry.path).read_text("utf-8")))
    assert {subject: faults for subject, found in versions.items() if (faults := full_transitive_faults(found))} == {}


def test_a_record_of_an_earlier_version_reads_as_the_newest() -> None:
    registry = open_registry(Settings())
    newest = next(known for known in registry.by_id.values() if known.event_type is SegmentRecorded)
    earlier, later = deepcopy(newest.schema), deepcopy(newest.schema)
    next(field for field in later["fields"] if field["name"] == "treatment")["default"] = ""
    earlier["fields"] = [field for field in earlier["fields"] if field["name"] != "treatment"]
    old = replace(newest, id=100_000, schema=earlier, newest=False)
    fact = example(SegmentRecorded, newest.topic)
    reading = Codec(Registry({old.id: old, newest.id: replace(newest, schema=later)}))
    read = reading.decode(written_by(old, Codec(registry).encode(fact, "ingest")))
    assert read == replace(fact, event=replace(as_recorded(fact.event), treatment=""))


def written_by(old: Registered, framed: bytes) -> bytes:
    """The same record as a writer with an older schema would have put it on the topic."""
    known = open_registry(Settings()).by_id[FRAME.unpack_from(framed)[1]]
    fields = fastavro.schemaless_reader(io.BytesIO(framed[FRAME.size :]), fastavro.parse_schema(known.schema), None)
    out = io.BytesIO(FRAME.pack(0, old.id))
    out.seek(0, io.SEEK_END)
    fastavro.schemaless_writer(out, fastavro.parse_schema(old.schema), fields)
    return out.getvalue()


def as_recorded(event: object) -> SegmentRecorded:
    assert isinstance(event, SegmentRecorded)
    return event


def changed(path: list[str | int], value: object) -> dict[str, Any]:
    """The receipt of a destruction with one thing in its schema said otherwise; None takes the thing away."""
    schema = original()
    place: Any = schema
    for step in path[:-1]:
        place = next(f for f in place if f["name"] == step) if isinstance(place, list) else place[step]
    if value is None:
        place.remove(next(field for field in place if field["name"] == path[-1]))
    elif isinstance(place, list):
        place.append(value)
    else:
        place[path[-1]] = value
    return schema


@pytest.mark.parametrize("case", BAD_CHANGES, ids=lambda case: str(case["what"]))
def test_a_known_bad_change_is_refused(case: dict[str, Any]) -> None:
    assert full_transitive_faults([original(), changed(**args(case))]) != []


def original() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((FOLDER / "segment.events/SegmentDestroyed.v1.avsc").read_text("utf-8"))
    return schema


def args(case: dict[str, Any]) -> dict[str, Any]:
    return {"path": case["path"], "value": case.get("value")}


def test_a_new_field_with_a_default_is_allowed_and_reads_old_records() -> None:
    newer = changed(["fields", "new"], {"name": "weight", "type": "long", "default": 7})
    assert full_transitive_faults([original(), newer]) == []


def test_the_checker_agrees_with_fastavro_about_every_bad_change() -> None:
    fact = (FOLDER / "golden/segment.events/SegmentDestroyed.v1.bin").read_bytes()[5:]
    forward = [case for case in BAD_CHANGES if case["breaks"] == "new reader"]
    for case in forward:
        with pytest.raises(Exception, match=r".*"):
            read(fact, original(), changed(**args(case)))
    assert forward


def read(body: bytes, writer: dict[str, Any], reader: dict[str, Any]) -> object:
    from io import BytesIO

    return fastavro.schemaless_reader(BytesIO(body), fastavro.parse_schema(writer), fastavro.parse_schema(reader))


def copy_of_schemas(target: Path) -> Path:
    for path, content in planned(FOLDER).items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(content)
    return target


def test_a_released_schema_that_changes_gets_a_new_version_and_a_new_id(tmp_path: Path) -> None:
    folder = copy_of_schemas(tmp_path)
    release(folder, "0.0.0")
    entries = read_entries(folder)
    edited = folder / entries[0].path
    edited.write_text(edited.read_text("utf-8").replace(entries[0].event, "Older" + entries[0].event, 1), "utf-8")
    lines = [replace(entries[0], sha256="another"), *entries[1:]]
    (folder / "registry.json").write_text(json.dumps({"schemas": [line_of(line) for line in lines]}), "utf-8")
    added = [name for name in planned(folder) if ".v2." in name]
    assert sorted(name.rsplit(".", 1)[1] for name in added) == ["avsc", "bin", "json"]


def line_of(entry: object) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in entry.__dataclass_fields__}  # type: ignore[attr-defined]


def test_a_schema_file_that_was_edited_by_hand_stops_the_start(tmp_path: Path) -> None:
    folder = copy_of_schemas(tmp_path)
    edited = folder / read_entries(folder)[3].path
    edited.write_text(edited.read_text("utf-8") + " ", "utf-8")
    with pytest.raises(RegistryBroken, match="make schemas"):
        open_registry(Settings(schemas=folder))


def test_the_asyncapi_document_names_every_topic_and_every_event() -> None:
    document = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text("utf-8"))
    assert {c["address"] for c in document["channels"].values()} == {t.full_name() for t in TOPICS if t.events}
    assert len(document["components"]["messages"]) == len(EVENTS)
    for message in document["components"]["messages"].values():
        assert (FOLDER / message["payload"]["schema"]["$ref"]).is_file()


def test_every_reference_in_the_asyncapi_document_leads_somewhere() -> None:
    document = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text("utf-8"))
    for reference in references(document):
        place: Any = deepcopy(document)
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [v for k, v in node.items() if k == "$ref" and str(v).startswith("#")]
        return own + [found for value in node.values() for found in references(value)]
    return [found for value in node for found in references(value)] if isinstance(node, list) else []
