"""Instants as people of an agency write them: its zone, 24 hours, years of the Republic in Chinese. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ROC: Final = 1911
WEEKDAYS: Final = {"en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), "zh-Hant": tuple("一二三四五六日")}
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
When = datetime | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """The calendar of one page."""

    zone: ZoneInfo
    language: str

    @property
    def is_chinese(self) -> bool:
        return self.language == "zh-Hant"

    def local(self, when: datetime | str) -> datetime:
        """Return an instant, or ISO 8601 as the API tells it, on the agency's clock."""
        instant = datetime.fromisoformat(when) if isinstance(when, str) else when
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(self.zone)

    def day(self, when: When) -> str:
        """Return the date: 115-11-24 in Chinese, 2026-11-24 in English."""
        if not when:
            return ""
        local = self.local(when)
        year = f"{local.year - ROC}" if self.is_chinese else f"{local.year:04}"
        return f"{year}-{local:%m-%d}"

    def instant(self, when: When, *, seconds: bool = False) -> str:
        """Return date and time to the minute, or to the second where it is evidence."""
        if not when:
            return ""
        local = self.local(when)
        return f"{self.day(local)} {local:%H:%M:%S}" if seconds else f"{self.day(local)} {local:%H:%M}"

    def long(self, when: datetime) -> str:
        """Return a date as the head of a page has it, with its weekday."""
        local = self.local(when)
        weekday = WEEKDAYS[self.language][local.weekday()]
        if self.is_chinese:
            return f"{local.year - ROC} 年 {local.month} 月 {local.day} 日（{weekday}）{local:%H:%M}"
        return f"{weekday} {local.day} {local:%b %Y, %H:%M}"

    def weekday(self, when: datetime) -> str:
        """Return weekday and day of the month, for an axis."""
        local = self.local(when)
        return f"{WEEKDAYS[self.language][local.weekday()]} {local.day}"

    def span(self, start: When, end: When) -> str:
        """Return an interval; the second date only where it is another day. No end stays open."""
        if not start:
            return ""
        if not end:
            return f"{self.instant(start)} –"
        first, last = self.local(start), self.local(end)
        if first.date() == last.date():
            # A clip of ten seconds would else begin and end in the same minute.
            shape = "%H:%M:%S" if last - first < MINUTE else "%H:%M"
            return f"{self.day(first)} {first:{shape}}–{last:{shape}}"
        return f"{self.instant(first)} – {self.instant(last)}"

    def left(self, length: timedelta) -> str:
        """Return how long something still lasts, in two units at most; never less than nothing."""
        if timedelta(0) < length < MINUTE:
            return f"{int(length.total_seconds())} {'秒' if self.is_chinese else 's'}"
        minutes = max(0, int(length.total_seconds() // 60))
        days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
        day, hour, minute = ("日", "小時", "分鐘") if self.is_chinese else ("d", "h", "min")
        if days:
            return f"{days} {day} {hours} {hour}" if hours else f"{days} {day}"
        if hours and minutes:
            return f"{hours} {hour} {minutes} {minute}"
        return f"{hours} {hour}" if hours else f"{minutes} {minute}"
