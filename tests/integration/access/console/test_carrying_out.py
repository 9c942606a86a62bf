"""Carrying out, correcting and changing terms from the pages alone, in both languages; what others may not do."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta
from zipfile import ZipFile

from services.access.alarms.office import overdue
from services.kernel.events import ActRefused, BulkViewingReviewed
from services.runtime import database
from tests.integration.access.conftest import City
from tests.integration.access.console.browsing import Browser, token_of
from tests.integration.access.console.conftest import OpenAs
from tests.integration.access.test_rebuilding import both
from tests.integration.access.test_requests import DAAN_CHAIN, daan, signed


def granted(demo: City) -> str:
    return str(signed(demo, daan("copy"), DAAN_CHAIN)["request_id"])


def send(browser: Browser, request_id: str, act: str, /, **answers: str) -> tuple[int, str]:
    page = f"/console/requests/{request_id}"
    answer = browser.send(page, f"{page}/{act}", dict(answers))
    return answer.status_code, answer.text


def test_copies_are_made_signed_for_bundled_and_given_back_from_the_page(open_as: OpenAs, demo: City) -> None:
    request_id = granted(demo)
    browser = open_as("officer-lin")
    page = f"/console/requests/{request_id}"
    assert "No copy has been made." in browser.get(page).text
    status, text = send(browser, request_id, "copies", return_by="2026-12-01")
    assert (status, "Copies are made and stand on the log." in text) == (200, True)
    told = demo.see("officer-lin", f"/requests/{request_id}")["copies"]
    assert [each["return_by"] for each in told] == ["2026-12-01T15:59:59Z"] * 3  # the end of that day in Taipei
    first = told[0]["copy_id"]
    assert told[0]["copy_number"] in text
    assert told[0]["sha256"] in text
    assert browser.get(f"{page}/copies/{first}/file").content == demo.custody.bytes
    assert "signed for by officer-lin" in send(browser, request_id, f"copies/{first}/sign", role="applicant")[1]
    sent = browser.post(f"{page}/bundle", {"form_token": token_of(browser.get(page))})
    with ZipFile(io.BytesIO(sent.content)) as bundle:
        assert len([name for name in bundle.namelist() if name.startswith("footage/")]) == 3
    assert "Receipt daan-cctv-" in browser.get(page).text
    assert send(browser, request_id, "receipt", role="applicant")[0] == 200
    assert "given back" in send(browser, request_id, f"copies/{first}/return", how="returned")[1]
    keeper = open_as("sysman-wu", "zh-Hant").get(page).text
    assert "複本" in keeper
    assert f"copies/{first}/file" not in keeper
    assert f'data-upload="{page}/copies/{told[1]["copy_id"]}/redacted"' in keeper
    assert "data-upload" not in browser.get(page).text  # who asked for the copies redacts none


def test_a_viewing_is_a_link_for_those_whose_viewing_it_is_alone(open_as: OpenAs, demo: City) -> None:
    request_id = str(signed(demo, daan(), DAAN_CHAIN)["request_id"])
    agreed = {"agreed_time": "2026-11-22T09:00:00Z"}
    viewing_id = demo.do("officer-lin", f"/requests/{request_id}/viewings", agreed)["viewing_id"]
    page, link = f"/console/requests/{request_id}", f'href="/console/viewings/{viewing_id}"'
    assert link in open_as("officer-lin").get(page).text
    others = open_as("director-tsai").get(page).text
    assert f"viewing {viewing_id[:8]}" in others.lower()
    assert link not in others


def test_the_result_is_signed_on_the_page_by_whom_the_policy_names(open_as: OpenAs, demo: City) -> None:
    request_id = granted(demo)
    demo.do("officer-lin", f"/requests/{request_id}/copies", {"camera": "cam-19", "start": "2026-11-01T08:00:00Z"})
    answers = {"act": "copy", "cameras": "cam-19", "from": "2026-11-01T16:00:00", "to": "2026-11-01T16:10:00"}
    assert "/result" not in open_as("secretary-ho").get(f"/console/requests/{request_id}").text
    for account, role in (("sysman-wu", "system_manager"), ("ethics-lu", "ethics_office")):
        status, text = send(open_as(account), request_id, "result", **answers, role=role)
        assert (status, "The result is signed." in text) == (200, True)
    outside = answers | {"to": "2026-11-03T16:10:00"}
    status, text = send(open_as("ethics-lu"), request_id, "result", **outside, role="ethics_office")
    assert (status, 'role="alert"' in text) == (422, True)


def test_what_was_sent_back_is_corrected_on_its_own_form(open_as: OpenAs, demo: City) -> None:
    told = signed(demo, daan(), DAAN_CHAIN, until="secretary")
    request_id, why = told["request_id"], "which <b>counter</b>?"
    demo.do("secretary-ho", f"/requests/{request_id}/steps/secretary", {"decision": "return", "note": why})
    browser, page = open_as("officer-lin", "zh-Hant"), f"/console/requests/{request_id}"
    shown = browser.get(page).text
    assert "退回補正：which &lt;b&gt;counter&lt;/b&gt;?" in shown
    assert f'href="{page}/correct"' in shown
    form = browser.get(f"{page}/correct").text
    for answer in ("Lin Mei-ling", "a theft at the counter", "2026-11-01T16:00"):
        assert answer in form
    assert open_as("sysman-wu").get(f"{page}/correct").status_code == 403
    answers: dict[str, str | list[str]] = {
        "requester.name": "Lin Mei-ling", "requester.unit": "household office", "requester.telephone": "02-555-0101",
        "request.action": "view", "request.legal_basis": "point_6_1", "request.purposes": "investigation",
        "request.purpose": "", "request.interval.from": "2026-11-01T16:00", "request.interval.to": "2026-11-01T16:25",
        "request.cameras": ["cam-19"],
    }  # fmt: skip
    refused = browser.send(f"{page}/correct", f"{page}/correct", answers)
    assert (refused.status_code, 'href="#q-request-purpose"' in refused.text) == (422, True)
    done = browser.send(f"{page}/correct", f"{page}/correct", answers | {"request.purpose": "at counter 3"})
    assert "已重新提出" in done.text
    assert "at counter 3" in done.text
    assert demo.see("sysman-wu", f"/requests/{request_id}")["state"] == "in_chain"


def test_terms_and_delegations_are_changed_on_the_page_and_only_by_whom_they_concern(
    open_as: OpenAs, demo: City
) -> None:
    request_id = demo.do("officer-lin", "/requests", daan())["request_id"]
    page, keeper = f"/console/requests/{request_id}", open_as("sysman-wu")
    assert "Stop the clock" not in open_as("officer-lin").get(page).text
    assert "waiting for the letter" in send(keeper, request_id, "term", change="paused", reason="awaiting_letter")[1]
    assert "Start the clock again" in keeper.get(page).text
    assert send(keeper, request_id, "term", change="resumed")[0] == 200
    assert "The term is changed." in send(keeper, request_id, "term", change="extended")[1]
    status, text = send(keeper, request_id, "term", change="extended")
    assert (status, 'role="alert"' in text) == (422, True)
    assert send(open_as("officer-lin"), request_id, "term", change="extended")[0] in {403, 422}
    assert send(keeper, request_id, "delegations/revoke", step="director", to="p-kao")[0] == 403


def test_a_signer_reads_how_much_more_than_the_incident_is_asked_for(open_as: OpenAs, demo: City) -> None:
    happened = ["2026-11-01T08:00:00Z", "2026-11-01T08:10:00Z"]
    request_id = demo.do("officer-lin", "/requests", daan(incident=happened))["request_id"]
    demo.do("officer-lin", f"/requests/{request_id}/steps/sign", {"decision": "approve"})
    assert "The incident lasted 10 min" in open_as("head-chen").get(f"/console/requests/{request_id}").text
    plain = demo.do("officer-lin", "/requests", daan())["request_id"]
    assert "No incident is named." in open_as("officer-lin").get(f"/console/requests/{plain}").text


def opened_much(demo: City, who: str) -> str:
    """Have somebody open one clip more than is usual here."""
    request_id = demo.do(who, "/requests", daan())["request_id"]
    for step, signer in (DAAN_CHAIN | {"sign": who}).items():
        demo.do(signer, f"/requests/{request_id}/steps/{step}", {"decision": "approve"})
    agreed = {"agreed_time": "2026-11-22T09:00:00Z"}
    viewing_id = str(demo.do(who, f"/requests/{request_id}/viewings", agreed)["viewing_id"])
    demo.do(who, f"/viewings/{viewing_id}/open")
    return viewing_id


def test_much_viewing_is_looked_into_once_by_another_person_and_stands_on_the_log(demo: City) -> None:
    viewing_id = opened_much(demo, "cop-hsu")
    path, said = f"/bulk-viewings/{viewing_id}/review", {"finding": "not_justified", "note": "one clip was asked for"}
    own = demo.call("cop-hsu-second", "POST", path, said)  # another account of the same person
    assert (own.status_code, own.json()["refusal"]) == (403, "OwnViewing")
    assert "p-hsu" not in {e["person"] for e in demo.see("cop-hsu-second", "/bulk-viewings")["bulk_viewings"]}
    silent = demo.call("ethics-lu", "POST", path, {"finding": "justified", "note": "  "})
    assert (silent.status_code, silent.json()["refusal"]) == (422, "NoteMissing")
    day = timedelta(days=1)
    assert (asyncio.run(late(demo, timedelta(0))), asyncio.run(late(demo, day))) == (0, 1)
    assert demo.do("ethics-lu", path, said)["state"] == "reviewed"
    assert asyncio.run(late(demo, day)) == 0  # overdue no more
    again = demo.call("director-tsai", "POST", path, said)
    assert (again.status_code, again.json()["refusal"]) == (409, "ReviewedAlready")
    (event,) = demo.told("access.events", BulkViewingReviewed, lambda each: str(each.viewing_id) == viewing_id)
    assert (event.reviewer, event.finding, event.note) == ("p-lu", "not_justified", "one clip was asked for")
    refused = demo.told("access.events", ActRefused, lambda each: each.subject == viewing_id)
    assert {each.act for each in refused} == {"bulk_viewing.review"}
    live, rebuilt = asyncio.run(both(demo))
    assert live["bulk_viewing"] == rebuilt["bulk_viewing"]


async def late(demo: City, after: timedelta) -> int:
    """Count what is overdue at an instant so long from now."""
    engine = database.engine(demo.settings, "access")
    try:
        async with engine.connect() as tx:
            return await overdue(tx, await database.db_now(tx) + after)
    finally:
        await engine.dispose()


def test_a_page_has_what_nobody_looked_into_first_and_counts_that_alone(open_as: OpenAs, demo: City) -> None:
    viewing_id, browser, page = opened_much(demo, "officer-lin"), open_as("ethics-lu"), "/console/bulk-viewings"
    listed = demo.see("ethics-lu", "/bulk-viewings")
    waiting, states = listed["open"], [each["state"] for each in listed["bulk_viewings"]]
    assert states == ["open"] * waiting + ["reviewed"] * (len(states) - waiting)
    counted = 'Much viewing <span class="cnt"><span class="vh">: </span>{}</span>'
    assert f'href="{page}#v-{viewing_id}"' in browser.get("/console").text
    assert counted.format(waiting) in browser.get(page).text
    act = f"{page}/{viewing_id}/review"
    short = browser.send(page, act, {"finding": "justified", "note": "<b>ok"})
    assert (short.status_code, "&lt;b&gt;ok</textarea>" in short.text) == (422, True)
    sent = browser.send(page, act, {"finding": "justified", "note": "the <b>whole</b> counter was asked for"})
    assert "What you found is on the log." in sent.text
    assert "ethics-lu: justified" in sent.text
    assert "the &lt;b&gt;whole&lt;/b&gt; counter" in sent.text
    assert act not in sent.text
    assert counted.format(waiting - 1) in sent.text
    assert f"#v-{viewing_id}" not in browser.get("/console").text
    assert "事由正當" in open_as("director-tsai", "zh-Hant").get(page).text
    assert "大量閱覽</a>" not in open_as("sysman-wu", "zh-Hant").get("/console").text
    assert open_as("sysman-wu").send("/console/verify", act, {"finding": "justified"}).status_code == 403
