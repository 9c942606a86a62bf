"""Which facts may be filed about cameras, takeovers and shifts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.ingest.policy import Bound
from services.ingest.registry import decider
from services.ingest.registry.commands import (
    AdmitTakeover,
    FileShift,
    MoveCamera,
    RegisterCamera,
    RetireCamera,
)
from services.ingest.registry.http import MaskBody, valued
from services.ingest.registry.known import Camera, Takeover
from services.ingest.registry.registering import register
from services.kernel.binding import PolicyBinding
from services.runtime.packs import load_pack
from services.runtime.refusal import Refusal

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PACKS = Path(__file__).parents[3] / "policies"
CAMERA = Camera(camera_id="cam-1", kind="fixed", agency="city", device_owner="", mask_areas=(), retired_at=None)
DAAN = {"number": 3, "place": "park", "direction": "north", "coverage": "public_space_inside"}


def bound_to(pack: str) -> Bound:
    loaded = load_pack(PACKS / pack)
    binding = PolicyBinding(
        policy_id=loaded.id,
        version=loaded.version,
        digest=loaded.digest,
        binding_from=NOW,
        shortens=False,
        seq=1,
        recorded_at=NOW,
    )
    return Bound(pack=loaded, binding=binding)


def refused(call: object, *arguments: object) -> str:
    assert callable(call)
    with pytest.raises(Refusal) as found:
        call(*arguments)
    return found.value.kind


def test_a_registration_is_held_against_the_record_rule_of_its_pack() -> None:
    pack = load_pack(PACKS / "daan-cctv")
    whole = RegisterCamera(camera_id="cam-1", kind="fixed", agency="city", values=DAAN)
    assert register(None, whole, pack).camera_id == "cam-1"
    half = RegisterCamera(camera_id="cam-1", kind="fixed", agency="city", values=DAAN | {"direction": ""})
    assert refused(register, None, half, pack) == "RecordIncomplete"
    many = RegisterCamera(camera_id="cam-1", kind="fixed", agency="city", values=DAAN | {"number": 23})
    assert refused(register, None, many, pack) == "RecordRefused"


def test_what_is_said_of_every_camera_answers_the_record_too() -> None:
    pack = load_pack(PACKS / "daan-cctv")
    once = RegisterCamera(
        camera_id="cam-1",
        kind="fixed",
        agency="city",
        place="park",
        direction="north",
        values={"number": 3, "coverage": "public_space_inside"},
    )
    values = {each.name: each.value for each in register(None, once, pack).values}
    assert (values["place"], values["direction"]) == ('"park"', '"north"')


@pytest.mark.parametrize("camera_id", ["", "../etc", "a b", "大安", ".hidden", "x" * 65])
def test_an_id_that_could_not_name_a_folder_is_refused(camera_id: str) -> None:
    command = RegisterCamera(camera_id=camera_id, kind="fixed", agency="city")
    assert refused(register, None, command, None) == "BadCameraId"


def test_an_id_is_registered_once_and_its_kind_is_known() -> None:
    again = RegisterCamera(camera_id="cam-1", kind="fixed", agency="city")
    assert refused(register, CAMERA, again, None) == "CameraKnown"
    odd = RegisterCamera(camera_id="cam-2", kind="drone", agency="city")
    assert refused(register, None, odd, None) == "UnknownKind"


def test_a_camera_that_no_pack_binds_needs_two_different_witnesses_to_move() -> None:
    alone = MoveCamera(camera_id="cam-1", area="a", place="p", direction="n", moved_at=NOW, witnesses=("p-1", "p-1"))
    assert refused(decider.move, CAMERA, alone, None, ()) == "WitnessesNeeded"
    assert decider.move(CAMERA, replace(alone, witnesses=("p-1", "p-2")), None, ()).area == "a"


@pytest.mark.parametrize(
    ("pack", "roles", "enough"),
    [
        ("daan-cctv", ("system_manager", "ethics_office"), True),
        ("daan-cctv", ("system_manager", "system_manager"), False),
        ("spd-cctv", (), True),
    ],
)
def test_the_pack_says_in_which_roles_the_witnesses_of_a_move_are(
    pack: str, roles: tuple[str, ...], enough: bool
) -> None:
    names = tuple(f"p-{number}" for number, _ in enumerate(roles))
    command = MoveCamera(camera_id="cam-1", area="a", place="p", direction="n", moved_at=NOW, witnesses=names)
    present = [{"person": name, "role": role} for name, role in zip(names, roles, strict=True)]
    asked = (CAMERA, command, bound_to(pack), present)
    assert (decider.move(*asked).area == "a") if enough else (refused(decider.move, *asked) == "WitnessesNeeded")


def test_an_area_that_only_the_record_states_must_be_masked_too() -> None:
    command = RegisterCamera(
        camera_id="cam-1", kind="fixed", agency="city", mask_areas=("door",), values={"mask_areas": ["window", "door"]}
    )
    assert register(None, command, None).mask_areas == ("door", "window")


def test_a_camera_retires_once() -> None:
    command = RetireCamera(camera_id="cam-1", retired_at=NOW)
    assert decider.retire(CAMERA, command) is not None
    assert refused(decider.retire, None, command) == "UnknownCamera"


def test_who_attests_a_takeover_does_not_waive_its_recovery_window() -> None:
    command = AdmitTakeover(
        camera_id="cam-1",
        takeover_id="t",
        source="old",
        footage_from=NOW,
        footage_to=NOW + timedelta(days=1),
        attested_by="p-1",
    )
    event = decider.admit(CAMERA, command)
    admitted = Takeover(**{name: getattr(event, name) for name in Takeover.__slots__})
    assert refused(decider.waive, admitted, "t", "p-1") == "FourEyesNeeded"
    waived = decider.waive(admitted, "t", "p-2")
    assert waived is not None
    assert waived.recovery_waived_by == "p-2"


def test_a_shift_ends_after_it_began() -> None:
    command = FileShift(device_id="cam-1", shift="s", officer="p-1", shift_from=NOW, shift_to=NOW)
    assert refused(decider.file_shift, CAMERA, command) == "EmptyInterval"


def test_the_values_of_a_camera_are_answered_as_they_were_handed_in() -> None:
    kept = {"values": [{"name": "place", "value": '"hall"'}, {"name": "number", "value": "3"}]}
    assert valued(kept) == {"values": {"place": "hall", "number": 3}}
    assert valued({"field_values": {"areas": '["a"]'}}) == {"field_values": {"areas": ["a"]}}


@pytest.mark.parametrize(("version", "areas"), [("", ("door",)), ("m1", ()), ("m1", ("door", " "))])
def test_an_attestation_without_mask_or_area_is_refused(version: str, areas: tuple[str, ...]) -> None:
    MaskBody(mask_version="m1", areas=("door",), valid_from=NOW)
    with pytest.raises(ValidationError):
        MaskBody(mask_version=version, areas=areas, valid_from=NOW)


def test_a_place_on_the_map_is_a_point_on_the_earth_or_nothing() -> None:
    camera = RegisterCamera(
        camera_id="cam-2", kind="fixed", agency="city", values={"latitude": 25.03, "longitude": 121}
    )
    assert [each.name for each in register(None, camera, None).values] == ["latitude", "longitude"]
    half = replace(camera, values={"latitude": 25.03})
    assert refused(register, None, half, None) == "NoPosition"
    assert refused(register, None, replace(camera, values={"latitude": 125, "longitude": 0}), None) == "NoPosition"


def test_a_move_states_where_the_camera_stands_now_and_nothing_else() -> None:
    there = {"latitude": 25.04, "longitude": 121.56}
    moved = MoveCamera(
        camera_id="cam-1", area="", place="gate", direction="", moved_at=NOW, witnesses=("a", "b"), values=there
    )
    assert [(each.name, each.value) for each in decider.move(CAMERA, moved, None, ()).values] == [
        ("latitude", "25.04"),
        ("longitude", "121.56"),
    ]
    assert refused(decider.move, CAMERA, replace(moved, values={"latitude": 25.04}), None, ()) == "NoPosition"
    assert refused(decider.move, CAMERA, replace(moved, values={"site": "x"}), None, ()) == "NoPosition"
