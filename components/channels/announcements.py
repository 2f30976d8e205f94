"""Announcements and the opening hours of the services of people: a file of staff that is read while the server runs."""

from __future__ import annotations

import dataclasses
import datetime
import logging
import os
import re
import time
import zoneinfo
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConstrainedStr, Extra, Field, validator

from components.channels.texts import DEFAULT_LANGUAGE, LANGUAGES
from components.located_yaml import FileError, load_model

logger = logging.getLogger(__name__)

ANNOUNCEMENTS_FILE = Path(__file__).parents[2] / "data" / "announcements.yml"
FILE_SETTING = "LUOTSI_ANNOUNCEMENTS"
ZONE = zoneinfo.ZoneInfo("Europe/Helsinki")
AGENCIES = ("immigration", "customs")
OUTAGE, INFORMATION = KINDS = ("outage", "information")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MAX_FILE_BYTES = 256 * 1024
CHECK_SECONDS = 1.0

_MINUTES_OF_A_DAY = 24 * 60
_YEARS = range(2000, 2200)  # at the ends of the calendar a time has no moment
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}")
_SPAN = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})\s*[-–]\s*([0-9]{1,2})[:.]([0-9]{2})")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_ADDRESS = re.compile(r"https://[^\s<>\"]+")

_Span = tuple[int, int]  # minutes from midnight: the first one that is open, and the first one that is not


def _local_time(value: object) -> object:
    if value is None:
        return None
    if isinstance(value, str) and _LOCAL_TIME.fullmatch(value.strip()):
        try:
            value = datetime.datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise ValueError("is a time that no calendar has; mend day or time") from error
    if not isinstance(value, datetime.datetime) or value.tzinfo is not None:
        raise ValueError("is not a local time; write it as 2026-12-01 18:00, without a time zone, or null")
    if value.year not in _YEARS:
        raise ValueError("is not a time of our days; mend the year")
    return value


def _day(value: object) -> object:
    # Numbers are refused here: they would be taken for seconds since 1970.
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    raise ValueError("is not a date; write it as 2026-12-24, without quotes")


def _span(value: object) -> _Span:
    match = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError('is not an opening time; write it as "08:30-12:00", in quotes')
    first_hour, first_minute, last_hour, last_minute = map(int, match.groups())
    start, end = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    if max(first_minute, last_minute) > 59 or end > _MINUTES_OF_A_DAY:
        raise ValueError("is not a time of day; write times from 00:00 to 24:00")
    if start >= end:
        raise ValueError("ends before it begins; what goes on after midnight is an opening time of the next day")
    return start, end


def _in_order(spans: list[_Span]) -> list[_Span]:
    for earlier, later in zip(spans, spans[1:], strict=False):
        if later[0] < earlier[1]:
            raise ValueError("has times that overlap or are not in order; write the earliest first")
    return spans


class _Part(BaseModel):
    class Config:
        extra = Extra.forbid
        allow_mutation = False


class _Line(ConstrainedStr):
    # Strict, because YAML reads an unquoted `no` as false.
    strict = True
    strip_whitespace = True
    min_length = 1
    max_length = 120


class _LongText(_Line):
    max_length = 1000


class _Title(_Part):
    """A short text in both languages."""

    fi: _Line
    en: _Line


class _Text(_Part):
    """A text in both languages."""

    fi: _LongText
    en: _LongText


class _Address(_Part):
    fi: _LongText | None = None
    en: _LongText | None = None

    @validator("fi", "en")
    @classmethod
    def _public(cls, address: str | None) -> str | None:
        if address is not None and _ADDRESS.fullmatch(address) is None:
            raise ValueError("is not the address of a page; write it as https://…")
        return address


class _Link(_Part):
    """A page, in one language or both."""

    title: _Title
    url: _Address

    @validator("url")
    @classmethod
    def _somewhere(cls, url: _Address) -> _Address:
        if url.fi is None and url.en is None:
            raise ValueError("has no address; write 'fi' or 'en' or both below it")
        return url

    def in_language(self, language: str) -> dict[str, str]:
        """Return the link as JSON data; `language` is the one of the page, the other one if there is no such page."""
        page = next(each for each in (language, *LANGUAGES) if getattr(self.url, each) is not None)
        return {"title": getattr(self.title, language), "url": getattr(self.url, page), "language": page}


class _Announcement(_Part):
    id: _Line
    kind: Literal[KINDS]  # type: ignore[valid-type]
    # Required, so that nobody forgets when an announcement is over; `null` says that it is not known.
    begins: datetime.datetime | None = Field(..., alias="from")
    until: datetime.datetime | None = Field(...)
    title: _Title
    text: _Text
    link: _Link | None = None

    _local = validator("begins", "until", pre=True, allow_reuse=True)(_local_time)

    @validator("id")
    @classmethod
    def _plain(cls, identifier: str) -> str:
        if _ID.fullmatch(identifier) is None:
            raise ValueError("is not an id; write it with small letters a-z, digits and '-'")
        return identifier

    @validator("until")
    @classmethod
    def _later(cls, until: datetime.datetime | None, values: dict[str, Any]) -> datetime.datetime | None:
        begins = values.get("begins")
        if until is not None and begins is not None and until <= begins:
            raise ValueError("is not later than 'from'; mend one of them")
        return until

    def is_in_force(self, now: datetime.datetime) -> bool:
        """Tell whether it is shown at a moment."""
        begun = self.begins is None or _moments(self.begins)[0] <= now
        return begun and (self.until is None or now < _moments(self.until)[1])


class _Weekly(_Part):
    """The opening times of each day; a day that is not named is closed."""

    monday: list[_Span] = []
    tuesday: list[_Span] = []
    wednesday: list[_Span] = []
    thursday: list[_Span] = []
    friday: list[_Span] = []
    saturday: list[_Span] = []
    sunday: list[_Span] = []

    _read = validator("*", pre=True, each_item=True, allow_reuse=True)(_span)
    _sorted = validator("*", allow_reuse=True)(_in_order)


class _ExceptionalDay(_Part):
    date: datetime.date
    times: list[_Span]

    _date = validator("date", pre=True, allow_reuse=True)(_day)
    _read = validator("times", pre=True, each_item=True, allow_reuse=True)(_span)
    _sorted = validator("times", allow_reuse=True)(_in_order)


class _Hours(_Part):
    agency: Literal[AGENCIES]  # type: ignore[valid-type]
    name: _Title
    text: _Text
    weekly: _Weekly
    exceptional: list[_ExceptionalDay] = []
    links: list[_Link] = []

    @validator("exceptional")
    @classmethod
    def _once(cls, days: list[_ExceptionalDay]) -> list[_ExceptionalDay]:
        if len({day.date for day in days}) < len(days):
            raise ValueError("has a day twice; write all times of a day into one entry")
        return days

    def is_open(self, now: datetime.datetime, holidays: list[datetime.date]) -> bool:
        """Tell whether somebody answers at a moment, as the clocks in Finland show it."""
        local = now.astimezone(ZONE)
        exceptional = next((day.times for day in self.exceptional if day.date == local.date()), None)
        if exceptional is None:
            exceptional = [] if local.date() in holidays else getattr(self.weekly, WEEKDAYS[local.weekday()])
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in exceptional)


class AnnouncementsFile(_Part):
    """The shape of data/announcements.yml."""

    announcements: list[_Announcement]
    holidays: list[datetime.date] = []
    hours: list[_Hours]

    _dates = validator("holidays", pre=True, each_item=True, allow_reuse=True)(_day)

    @classmethod
    def parse_obj(cls, obj: Any) -> AnnouncementsFile:
        """Read the data of a file; of an empty one it is told which keys are missing."""
        return super().parse_obj(obj if isinstance(obj, dict) else {})

    @validator("announcements")
    @classmethod
    def _different(cls, announcements: list[_Announcement]) -> list[_Announcement]:
        if len({announcement.id for announcement in announcements}) < len(announcements):
            raise ValueError("has an id twice; give each announcement its own")
        return announcements


def _moments(local: datetime.datetime) -> tuple[datetime.datetime, datetime.datetime]:
    """Return the first and the last moment at which clocks show a time: they differ when the clocks are turned back."""
    first, last = sorted(local.replace(tzinfo=ZONE, fold=fold).astimezone(datetime.timezone.utc) for fold in (0, 1))
    return first, last


def announcements_file(environment: Mapping[str, str] | None = None) -> Path:
    """Return the file that the environment names, else the one that comes with Luotsi."""
    named = (os.environ if environment is None else environment).get(FILE_SETTING, "")
    return Path(named) if named else ANNOUNCEMENTS_FILE


def load_announcements(path: Path) -> AnnouncementsFile:
    """Read a file.

    Raises components.located_yaml.FileError, which names file, line, key and what to do, for a file out of order.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise FileError(f"{path}:1: 'the file' is larger than {MAX_FILE_BYTES} bytes; take out what is over")
        return load_model(path, AnnouncementsFile)
    except RecursionError as error:
        raise FileError(f"{path}:1: 'the file' is nested too deeply; mend its brackets") from error
    except OSError as error:
        raise FileError(f"{path}:1: 'the file' cannot be read ({error.strerror}); check its path and rights") from error


@dataclasses.dataclass(frozen=True)
class _State:
    """What tells one version of a file from another."""

    modified: int
    size: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> _State | None:
        try:
            status = path.stat()
        except OSError:
            return None
        return cls(status.st_mtime_ns, status.st_size, status.st_ino)


class Announcements:
    """The announcements and opening hours of a file as it is now; a change is noticed within a second.

    A file out of order changes nothing: what was read before stays, without any there is nothing to show, and one line
    of the log says where the fault is.
    """

    def __init__(self, path: Path | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path if path is not None else announcements_file()
        self._clock = clock
        self._file = AnnouncementsFile(announcements=[], hours=[])
        self._is_faulty = False
        self._state = _State.of(self._path)
        self._checked = clock()
        self._read()

    def document(self, language: str | None, now: datetime.datetime) -> dict[str, Any]:
        """Return what is in force at a moment (with a time zone) as JSON data (docs/protocol.md).

        `link` is null or {"title", "url", "language"}. Disturbances come first, else the order is that of the file.
        """
        self._refresh()
        chosen = language if language in LANGUAGES else DEFAULT_LANGUAGE
        in_force = [each for each in self._file.announcements if each.is_in_force(now)]
        return {
            "announcements": [
                _announcement(each, chosen) for each in sorted(in_force, key=lambda each: KINDS.index(each.kind))
            ],
            "hours": [
                {
                    "agency": each.agency,
                    "name": getattr(each.name, chosen),
                    "text": getattr(each.text, chosen),
                    "open": each.is_open(now, self._file.holidays),
                    "links": [link.in_language(chosen) for link in each.links],
                }
                for each in self._file.hours
            ],
        }

    def _refresh(self) -> None:
        if self._clock() - self._checked < CHECK_SECONDS:
            return
        self._checked = self._clock()
        # Looked at before reading: what is written meanwhile makes a difference at the next look.
        state = _State.of(self._path)
        if state != self._state:
            self._state = state
            self._read()

    def _read(self) -> None:
        try:
            self._file = load_announcements(self._path)
        except FileError as error:
            self._is_faulty = True
            first, *others = str(error).splitlines()
            more = f" (faults after this one: {len(others)}; `luotsi content check` lists them)" if others else ""
            logger.error("The announcements cannot be used; the ones before stay: %s", f"{first}{more}")
            return
        if self._is_faulty:
            logger.warning("The announcements can be used again.")
        self._is_faulty = False


def _announcement(announcement: _Announcement, language: str) -> dict[str, Any]:
    until = announcement.until
    return {
        "id": announcement.id,
        "kind": announcement.kind,
        "title": getattr(announcement.title, language),
        "text": getattr(announcement.text, language),
        "until": _moments(until)[1].astimezone(ZONE).isoformat() if until is not None else None,
        "link": announcement.link.in_language(language) if announcement.link is not None else None,
    }
