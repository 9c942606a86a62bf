"""Every field of every form of request, filled with what a browser, a database or a log would choke on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

import pytest
from markupsafe import escape

from services.access.requests.form import TEXT_MAX
from tests.integration.access.conftest import City
from tests.integration.access.console.browsing import Browser, internal, request_id_of
from tests.integration.access.console.conftest import OpenAs

FORM = "/console/new/daan-cctv/internal"
FORMS = re.compile(r'href="(/console/new/[a-z-]+/[a-z_]+)"')
FIELDS = re.compile(r'name="((?:requester|request)\.[a-z_.]+|documents)"')
TYPED = re.compile(r'<(?:input type="text"|textarea)[^>]* name="([a-z_.]+)"')
SCRIPT, SQL, ATTRIBUTE = "<script>alert(1)</script>", "'; DROP TABLE request_file; --", '" autofocus onfocus="x'


def forms(browser: Browser) -> dict[str, str]:
    """Return each form that can be chosen, by its address."""
    found = {unescape(each) for each in FORMS.findall(browser.get("/console/new").text)}
    assert {each.split("/")[3] for each in found} == {"daan-cctv", "npa-bwc", "spd-cctv"}
    return {each: browser.get(each).text for each in sorted(found)}


def filled(names: Iterable[str], answer: str) -> dict[str, str | list[str]]:
    return dict.fromkeys(names, answer)


@pytest.mark.parametrize("typed", [SCRIPT, SQL, ATTRIBUTE])
def test_script_and_sql_in_every_field_of_every_form_come_back_as_text(open_as: OpenAs, typed: str) -> None:
    browser = open_as("officer-lin")
    for form, page in forms(browser).items():
        names, echoed = set(FIELDS.findall(page)), set(TYPED.findall(page))
        answer = browser.send(form, form, filled(names, typed))
        assert 400 <= answer.status_code < 500, form
        assert typed not in answer.text, form
        assert answer.text.count(str(escape(typed))) >= len(echoed) > 0, form


@pytest.mark.parametrize("typed", [SCRIPT, SQL, ATTRIBUTE])
def test_a_request_whose_every_answer_is_hostile_is_shown_and_printed_as_text(
    open_as: OpenAs, demo: City, typed: str
) -> None:
    browser = open_as("officer-lin")
    wide = {"request.cameras", "request.interval.from", "request.interval.to", "request.incident"}
    names = set(TYPED.findall(browser.get(FORM).text)) - wide
    assert {"requester.name", "requester.unit", "requester.telephone", "request.purpose"} <= names
    sent = browser.send(FORM, FORM, internal(**filled(names, typed)))
    request_id = request_id_of(sent)
    page = browser.get(f"/console/requests/{request_id}").text
    assert typed not in page
    assert page.count(str(escape(typed))) >= 4
    assert demo.call("officer-lin", "GET", f"/requests/{request_id}/form.pdf").content[:5] == b"%PDF-"


def test_no_field_of_a_whole_form_is_taken_in_over_its_limit(open_as: OpenAs) -> None:
    browser = open_as("officer-lin")
    names = set(FIELDS.findall(browser.get(FORM).text)) - {"documents"}
    taken = {
        name for name in names if browser.send(FORM, FORM, internal(**{name: "x" * (TEXT_MAX + 1)})).status_code != 422
    }
    assert len(names) > 10
    assert taken == set()
