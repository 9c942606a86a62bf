"""Every page for everybody: no serious fault of access, reached by keyboard, light, in one language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, ViewportSize

from services.access.console.frame import POLICY as CONTENT_POLICY
from tests.browser.clerk import Clerk
from tests.browser.conftest import LANGUAGES, ClerkOf
from tests.fakes.clause_city import City, iso, now

WHO: Final = "sysman-wu"
WEIGHT_MAX: Final = 150_000
SERIOUS: Final = ("serious", "critical")
# What has no Chinese name: names of made-up people, ids, places of a clock, and what people typed in the tests.
LATIN: Final = re.compile(r"[A-Za-z]{3,}")
NAMES: Final = re.compile(
    r"[0-9a-f-]{36}|river-zh-hant|camledger|English|\(made up\)|[A-Z][a-z]+ \(|Asia/Taipei|America/Los_Angeles|UTC"
    r"|CSV|PDF|HTTP|UUID|sha256|SHA-256"
    r"|(daan|npa|spd|taipei)-[a-z0-9-]+|(SPD|NPA|DAAN|LIVE)-\d+|p-\d{4}|[a-z_]+\.[a-z_0-9.]+|[0-9a-f]{8,}|[0-9a-f]{8}-"
    r"|\b[a-z]+-[a-z]+\b|made up|centre|ordinance-2024"
    r"|my bag was taken at the counter|letter 12|Local Government Act art. 18"
    r"|deletion verify|RFC|district court|dispute at the counter|registration|river festival|OpenStreetMap",
)
PAGES: Final = (
    "", "/new", "/new/daan-cctv/party", "/requests", "/requests/{request}", "/events/request/{request}", "/holds",
    "/cameras", "/cameras/{camera}",
    "/map", "/projects", "/deletion", "/registers/requests", "/registers/access", "/registers/catalog", "/policies",
    "/policies/daan-cctv", "/policies/spd-cctv", "/requests/nothing", "/policies/daan-cctv/reports/{report}", "/verify",
    "/events/footage/{camera}", "/events/due/week", "/events/log/newest",
)  # fmt: skip
COUNTING: Final = (
    "",
    "/holds",
    "/cameras/{camera}",
    "/deletion",
    "/policies",
    "/requests/{request}",
    "/registers/catalog",
)
# Text with a digit that is no link, isn't marked with why it counts no events, and isn't asked for or typed.
UNLINKED: Final = """() => {
  const main = document.querySelector('main').cloneNode(true), found = [];
  main.querySelectorAll(`a[href], [data-number], .mono, .marg, .hint, .head .who, svg, thead, label, legend, select,
    textarea, script, style, [lang=en]`).forEach(e => e.remove());
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (/\\d/.test(walker.currentNode.textContent)) found.push(walker.currentNode.textContent);
  return found;
}"""
# Times, lengths of a term, ids, and names with digits in them.
NAMED: Final = re.compile(
    r"\d{2,4}-\d{2}-\d{2}|\d{1,2}:\d{2}(:\d{2})?|\b(SPD|NPA|DAAN|LIVE)-\d+|\b[0-9a-f]{8}(-[0-9a-f-]+)?\b"
    r"|\b[a-z]+(-[a-z]+)*[-.]\d+\b|115-0042|sha256|RFC 6962"
)
WHY_NO_LINK: Final = {"rule", "limit", "list", "proof", "place", "clock", "version", "report", "row", "none", "typed"}
UNTRANSLATED: Final = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    const at = walker.currentNode.parentElement;
    if (at.closest('[lang=en], .mono, script, style, svg defs') || !at.checkVisibility()) continue;
    const text = walker.currentNode.textContent.trim();
    if (text) found.push(text);
  }
  return found;
}"""
WEIGHT: Final = """() => {
  const parts = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  return parts.reduce((sum, each) => sum + each.decodedBodySize, 0);
}"""
REACHABLE: Final = """() => {
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')];
  return all.filter(e => e.checkVisibility({checkVisibilityCSS: true}) && !e.disabled && e.type !== 'hidden').length;
}"""
FOCUSED: Final = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  window.seen = window.seen || new Set();
  // A date has a part for each of its numbers: Tab goes through them before it leaves.
  const within = window.last === at && ['date', 'datetime-local', 'time'].includes(at.type);
  window.parts = within ? (window.parts || 0) + 1 : 0;
  const again = window.seen.has(at) && !(within && window.parts < 8);
  window.seen.add(at); window.last = at;
  const label = at.closest('label');
  const marked = e => e && getComputedStyle(e).outlineStyle !== 'none' && getComputedStyle(e).outlineWidth !== '0px';
  return {body: at === document.body, again, within, what: at.outerHTML.slice(0, 120), radio: at.type === 'radio',
          shown: marked(at) || marked(label) || style.boxShadow !== 'none', size: box.width * box.height};
}"""

PHONE: Final = ViewportSize(width=390, height=844)
ALSO_ON_A_PHONE: Final = ("/live", "/break-glass", "/bulk-viewings", "/new/daan-cctv/internal")
# What is right of the window, also inside of what scrolls by itself, and what is cut off at the edge of its box.
BESIDE: Final = """() => {
  const wide = document.documentElement.clientWidth, found = [];
  if (document.documentElement.scrollWidth > wide) found.push('the page itself');
  for (const e of document.querySelectorAll('body *')) {
    if (!e.checkVisibility() || e.closest('.vh, .skip, defs')) continue;
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    const hides = ['hidden', 'clip'].includes(style.overflowX) && !(e instanceof SVGElement);
    if ((box.width && box.right > wide + 1) || (hides && e.scrollWidth > e.clientWidth + 1))
      found.push(`${e.tagName} ${e.getAttribute('class')} ${Math.round(box.right)} ${e.textContent.slice(0, 40)}`);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def places(city: City) -> dict[str, str]:
    """A request in its chain, footage and a hold on a camera: the pages have something to show."""
    camera = city.cameras["daan-cctv"][2]
    footage = city.recorded(camera)
    city.old(camera, days=92, how_many=2)
    body = {
        "policy_id": "daan-cctv",
        "requester": {"class": "internal", "name": "made up", "unit": "registration", "telephone": "555"},
        "request": {
            "kind": "internal",
            "action": "view",
            "cameras": [camera],
            "interval": footage.interval,
            "legal_basis": ["point_6_1"],
            "purposes": ["public_order"],
            "purpose": "dispute at the counter",
        },
    }
    request = city.do("officer-lin", "access", "/requests", body)["request_id"]
    scope = {"cameras": [camera], "from": footage.interval[0], "to": iso(now())}
    held = {"scope": scope, "matter": "115-0042", "authority": "district court", "hold_kind": "preservation"}
    city.do(WHO, "access", "/holds", held | {"review_by": iso(now())[:8] + "28T00:00:00Z"})
    return {"camera": camera, "request": str(request), "report": simulated(city)}


def simulated(city: City) -> str:
    """Return the digest of a report on the version in force."""
    path, told = "/policies/daan-cctv/simulations", city.do("admin-root", "access", "/policies/daan-cctv/simulations")
    while told["state"] == "running":
        told = city.see("admin-root", "access", f"{path}/{told['run_id']}")
    return str(told["report_digest"])


@pytest.fixture
def phone(city: City, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Clerk]:
    """Somebody with a phone, in the language of the test."""
    clerk = Clerk.signed_in(chromium, f"{city.installation.urls['access']}/console", WHO, request.param)
    clerk.page.set_viewport_size(PHONE)
    yield clerk
    clerk.leave()


def opened(clerk: Clerk, page: str, places: dict[str, str]) -> Any:  # noqa: ANN401 - an answer of the browser's
    return clerk.opens(page.format(**places))


def marks(clerk: Clerk) -> set[str]:
    """Return the reasons why a number of the page leads nowhere."""
    stated = "() => [...document.querySelectorAll('[data-number]')].map(e => e.dataset.number)"
    return set(clerk.page.evaluate(stated))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_has_a_serious_fault_of_access_or_weighs_too_much_or_asks_elsewhere(
    clerk_of: ClerkOf, places: dict[str, str], language: str
) -> None:
    clerk, faults = clerk_of(WHO, language), []
    for page in PAGES:
        answer = opened(clerk, page, places)
        assert answer.headers["content-security-policy"].startswith(CONTENT_POLICY.partition(";")[0]), page
        found = Axe().run(clerk.page).response["violations"]
        faults += [(page, each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS]
        weight = clerk.page.evaluate(WEIGHT)
        faults += [(page, "weight", weight)] if not 0 < weight < WEIGHT_MAX else []
        faults += [
            (page, "number", text) for text in clerk.page.evaluate(UNLINKED) if re.search(r"\d", NAMED.sub("", text))
        ]
        faults += [(page, "why", why) for why in marks(clerk) - WHY_NO_LINK]
    assert faults == []
    assert clerk.strangers == []
    assert clerk.faults == []


@pytest.mark.parametrize("phone", LANGUAGES, indirect=True)
def test_on_a_phone_nothing_lies_beside_the_window_and_no_text_is_cut(phone: Clerk, places: dict[str, str]) -> None:
    found: dict[str, list[str]] = {}
    for page in (*PAGES, *ALSO_ON_A_PHONE):
        opened(phone, page, places)
        found[page] = phone.page.evaluate(BESIDE)
    assert {page: beside[:5] for page, beside in found.items() if beside} == {}
    assert phone.faults == []


def test_every_number_leads_to_events_that_are_there(clerk_of: ClerkOf, places: dict[str, str]) -> None:
    clerk, led = clerk_of(WHO, "en"), set[str]()
    for page in COUNTING:
        opened(clerk, page, places)
        links = clerk.page.locator("main a[href^='/console/events/']")
        led |= {str(each.get_attribute("href")) for each in links.all()[:6]}
    answers = {path: clerk.page.request.get(clerk.console.removesuffix("/console") + path).status for path in led}
    assert len({path.split("/")[3] for path in led}) >= 5, led
    assert [path for path, status in answers.items() if status != 200] == []


def test_no_chinese_page_says_anything_in_english(clerk_of: ClerkOf, places: dict[str, str]) -> None:
    clerk = clerk_of(WHO, "zh-Hant")
    left: list[tuple[str, str]] = []
    for page in PAGES:
        opened(clerk, page, places)
        said = [text for text in clerk.page.evaluate(UNTRANSLATED) if LATIN.search(NAMES.sub("", text))]
        left += [(page, text) for text in said]
    assert left == [], "\n".join(f"{page}: {text}" for page, text in left)


@pytest.mark.parametrize(
    "page", ["", "/new/daan-cctv/party", "/requests/{request}", "/events/request/{request}", "/holds", "/deletion"]
)
def test_everything_is_reached_by_tab_is_seen_when_reached_and_nothing_is_a_trap(
    clerk_of: ClerkOf, places: dict[str, str], page: str
) -> None:
    clerk = clerk_of(WHO, "zh-Hant")
    opened(clerk, page, places)
    reached, unseen = 0, []
    for _ in range(clerk.page.evaluate(REACHABLE) * 2 + 5):
        clerk.page.keyboard.press("Tab")
        at = clerk.page.evaluate(FOCUSED)
        if at["body"] or at["again"]:
            break
        reached += not at["within"]
        unseen += [] if at["within"] or (at["shown"] and at["size"]) else [at["what"]]
    radios = clerk.page.locator("input[type=radio]:visible").count()
    assert unseen == []
    assert reached >= clerk.page.evaluate(REACHABLE) - radios


def test_the_skip_link_leads_past_the_menu_and_enter_follows_a_link(clerk_of: ClerkOf) -> None:
    clerk = clerk_of(WHO, "en")
    clerk.opens("")
    clerk.page.keyboard.press("Tab")
    assert clerk.page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    clerk.page.keyboard.press("Enter")
    assert clerk.page.evaluate("document.activeElement.id") == "main"
    clerk.page.get_by_role("link", name=clerk.word("holds")).first.focus()
    clerk.page.keyboard.press("Enter")
    clerk.page.wait_for_url(re.compile(r"/console/holds"))
