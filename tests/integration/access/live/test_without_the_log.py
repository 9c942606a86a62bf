"""I4: when the log can't be written nobody sees a live picture."""

from __future__ import annotations

from tests.fakes.streaming import Streaming
from tests.integration.access.live.watching import LiveCity


def test_no_picture_opens_while_nothing_reaches_the_broker(live: LiveCity, upstream: Streaming) -> None:
    city = live.city
    city.stop("all")
    try:
        city.start("http")  # and nothing that carries events to the broker
        upstream.asked.clear()
        answer = live.ask(replace=True)
        assert (answer.status_code, answer.json()["refusal"]) == (503, "LogNotWritable")
        assert city.see("officer-lin", "/live")["live"] == []
        assert upstream.asked_for(".ts") == []
    finally:
        city.stop("http")
        city.start()
