"""Which requests are offered as a printed form: those for which the pack brings a sheet, and no others."""

from __future__ import annotations

from services.access.forms.http import has_paper
from services.runtime.packs import load_folder
from services.runtime.settings import REPOSITORY


def test_a_form_is_offered_for_the_kinds_of_its_sheet_alone() -> None:
    forms = list(load_folder(REPOSITORY / "policies" / "daan-cctv").forms.values())
    assert has_paper(forms, "internal")
    assert not has_paper(forms, "cargo_damage")
    assert not has_paper([{key: each[key] for key in each if key != "paper"} for each in forms], "internal")
