"""What a report is about, as it stands in the address: days in Finland, a language, an agency."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from components.content.names import AGENCIES
from components.storage.planning import Selection
from components.storage.stems import LANGUAGES

FINLAND = ZoneInfo("Europe/Helsinki")
USUAL_DAYS = 30
MOST_DAYS = 366


@dataclasses.dataclass(frozen=True)
class Wanted:
    """The filters of a page: first and last day, language and agency ("" for every one).

    errors: of each field that was filled in wrongly the name of the text that says so; its usual value is used.
    """

    since: datetime.date
    until: datetime.date
    language: str
    agency: str
    errors: Mapping[str, str]
    typed: Mapping[str, str]

    def selection(self) -> Selection:
        """Return what to read."""
        return Selection(
            _begin(self.since),
            _begin(self.until + datetime.timedelta(days=1)),
            self.language or None,
            self.agency or None,
        )

    def query(self) -> dict[str, str]:
        """Return the filters for an address."""
        values = {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "language": self.language,
            "agency": self.agency,
        }
        return {name: value for name, value in values.items() if value}


def wanted(arguments: Mapping[str, str], *, now: datetime.datetime) -> Wanted:
    """Read the filters; the last 30 days when no days are given."""
    errors: dict[str, str] = {}
    today = now.astimezone(FINLAND).date()
    until = _day(arguments, "until", today, errors)
    since = _day(arguments, "since", until - datetime.timedelta(days=USUAL_DAYS - 1), errors)
    if not errors and since > until:
        errors["since"] = "planning.error_order"
    elif not errors and (until - since).days >= MOST_DAYS:
        errors["since"] = "planning.error_long"
    language = _choice(arguments, "language", LANGUAGES, errors)
    agency = _choice(arguments, "agency", AGENCIES, errors)
    if "since" in errors or "until" in errors:
        since, until = today - datetime.timedelta(days=USUAL_DAYS - 1), today
    return Wanted(since, until, language, agency, errors, dict(arguments))


def _day(arguments: Mapping[str, str], name: str, usual: datetime.date, errors: dict[str, str]) -> datetime.date:
    text = arguments.get(name, "").strip()
    if not text:
        return usual
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        errors[name] = "planning.error_day"
        return usual
    if not 2000 <= day.year <= 2999:
        errors[name] = "planning.error_day"
        return usual
    return day


def _choice(arguments: Mapping[str, str], name: str, choices: tuple[str, ...], errors: dict[str, str]) -> str:
    value = arguments.get(name, "")
    if value and value not in choices:
        errors[name] = "planning.error_choice"
        return ""
    return value


def _begin(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), FINLAND).astimezone(datetime.timezone.utc)
