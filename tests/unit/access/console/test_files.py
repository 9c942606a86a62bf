"""The files that the console serves: the foreign one is the one that NOTICE names, and pages ask for no other."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from services.access.console.frame import POLICY
from services.access.console.signing_in import ELSEWHERE, FILES, STATIC

ROOT = Path(__file__).parents[4]
PAGES = [path.read_text() for path in sorted((STATIC.parent / "templates").glob("*.html"))]


def test_the_foreign_file_is_the_one_that_the_notice_names() -> None:
    (foreign,) = (name for name in FILES if name.startswith("htmx"))
    notice = (ROOT / "NOTICE").read_text()
    assert foreign in notice
    assert sha256((STATIC / foreign).read_bytes()).hexdigest() in notice


def test_every_served_file_lies_there_and_is_named_by_a_page() -> None:
    assert {path.name for path in STATIC.iterdir()} | set(ELSEWHERE) == set(FILES)
    assert [name for name, folder in ELSEWHERE.items() if not (folder / name).is_file()] == []
    asked = set(re.findall(r'"/console/static/([^"]+)"', "".join(PAGES)))
    assert asked == set(FILES)


def test_no_page_has_a_style_or_a_script_of_its_own() -> None:
    for page in PAGES:
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=\"/console/static/)", page)
        assert "http://" not in page
        assert "https://" not in page


def test_every_form_that_is_sent_carries_the_sessions_token() -> None:
    for page in PAGES:
        for form in re.findall(r'<form method="post".*?</form>', page, re.DOTALL):
            assert "parts.token(visit)" in form or 'name="form_token"' in form


def test_the_policy_of_pages_lets_nothing_in_from_elsewhere() -> None:
    assert "default-src 'none'" in POLICY
    assert "unsafe" not in POLICY
    assert "frame-ancestors 'none'" in POLICY
