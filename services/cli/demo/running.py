"""Runs the story on an installation: the story in a thread of its own, while this one looks after every process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread

from services.cli.demo.patience import GivenUp, Patience
from services.cli.demo.plan import LIVE_SEGMENTS, SEGMENT_SECONDS, Plan, load
from services.cli.demo.recorders import PAUSE_SECONDS, LiveRecorder, live_recorders, write_old
from services.cli.demo.rows import Row, rows_of_catalog
from services.cli.demo.story import Story
from services.cli.demo.telling import Teller
from services.cli.demo.verdict import Verdict, judge
from services.cli.up.installation import Installation

TEND_SECONDS = 0.2
SETTLE_SECONDS_MAX = 60.0
SETTLE_EVERY_SECONDS = 2.0


class Run:
    """One run of the demo. Whatever is killed meanwhile starts again and the story goes on."""

    def __init__(self, installation: Installation, teller: Teller) -> None:
        self.home: Path = installation.home.root
        self.plan: Plan = load(self.home)
        self._installation, self._teller = installation, teller
        self._patience = Patience(teller.say)
        self._story = Story(self.home, self.plan, teller.say, self._patience)
        self._recorders = live_recorders(self.home)

    def tell(self) -> Verdict:
        """Tell the story to its end and judge it."""
        return self._beside(self._told)

    def judged_once(self) -> Verdict:
        """Judge what is there now."""
        return self._beside(lambda: self._patience.try_again(self._judge))

    def _beside(self, work: Callable[[], Verdict]) -> Verdict:
        # Children end with the thread that started them, so this one stays and the work goes aside.
        aside = _Aside(work)
        aside.start()
        try:
            while aside.is_alive():
                self._installation.tend()
                self._tend_recorders()
                aside.join(TEND_SECONDS)
        finally:
            self._patience.given_up.set()
            for recorder in self._recorders:
                recorder.stop()
        self._patience.given_up.clear()
        return aside.result()

    def _tend_recorders(self) -> None:
        for recorder in self._recorders:
            if recorder.tend():
                self._teller.say("recorder.ended", camera=recorder.camera, seconds=PAUSE_SECONDS)

    def _told(self) -> Verdict:
        step, story, plan = self._patience.try_again, self._story, self.plan
        step(story.adopt_policies)
        step(story.register_cameras)
        self._begin_recording()
        preservation = step(story.ask_for_preservation)
        old = self.home / "old-recorder"
        for footage in plan.old:
            files = write_old(footage, old)
            step(lambda footage=footage, files=files: story.take_over(footage, files))  # type: ignore[misc]
        step(lambda: story.sign(preservation, "agency-novak"))
        step(lambda: story.effective_hold(preservation))
        step(lambda: story.take_over(plan.late, write_old(plan.late, old)))
        self._teller.say("born.held")
        step(story.ask_what_is_forbidden)
        step(story.view_what_is_new)
        step(lambda: story.wait_destroyed([footage for footage in plan.old if footage.outcome == "destroyed"]))
        self._wait_recorded(self._recorders)
        return self._settled()

    def _begin_recording(self) -> None:
        if not all(recorder.complete for recorder in self._recorders):
            self._teller.say("recorders.begin", seconds=SEGMENT_SECONDS)
        for recorder in self._recorders:
            recorder.begin()

    def _wait_recorded(self, recorders: tuple[LiveRecorder, LiveRecorder]) -> None:
        fixed, worn = recorders
        self._teller.say("recorders.wait", count=LIVE_SEGMENTS)
        self._patience.wait_for(lambda: (fixed.complete and worn.complete) or None, "the recorders to finish")
        self._patience.try_again(lambda: self._story.dock(worn.files()))
        self._patience.try_again(lambda: self._story.wait_taken_in(lambda: fixed.files() | worn.files()))

    def _settled(self) -> Verdict:
        """Judge until nothing is found: what a killed process left half done is finished by its successor."""
        self._teller.say("reading")
        until = time.monotonic() + SETTLE_SECONDS_MAX
        while True:
            verdict = self._patience.try_again(self._judge)
            if not verdict.findings or time.monotonic() > until:
                return verdict
            time.sleep(SETTLE_EVERY_SECONDS)

    def _judge(self) -> Verdict:
        return judge(self.home, self.plan, self._installation.kafka, self._catalog)

    def _catalog(self) -> Sequence[Row]:
        return rows_of_catalog(self._story.segments())


class _Aside(Thread):
    """Work in a thread, with its result or its error handed over."""

    def __init__(self, work: Callable[[], Verdict]) -> None:
        super().__init__(name="story", daemon=True)
        self._work = work
        self._done: Verdict | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._done = self._work()
        except GivenUp:
            return
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self._error = error

    def result(self) -> Verdict:
        if self._error is not None:
            raise self._error
        assert self._done is not None, "given up"
        return self._done
