"""The processing-time checker: how long decisions have taken, from published figures, and how long one has waited."""

from __future__ import annotations

import datetime
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import forms
from actions.conversation import DomainDict, language_of, variation
from actions.forms import Answers, Question, RefusedAnswer, ServiceForm, ServiceResult
from actions.values import Said, choice, count, mentions, month, number, vocabulary
from components.located_yaml import FileError
from components.statistics import plot, processing_times
from components.statistics.description import Description
from components.statistics.processing_times import PAPER, Coverage, ProcessingTimes, Row
from components.statistics.texts import months, text, waited, within

logger = logging.getLogger(__name__)

APPLICATION = "processing_times_application"
WORK = "processing_times_work"
FAMILY = "processing_times_family"
HOW = "processing_times_how"
MONTH = "processing_times_month"
OTHER = "other"
# What is told apart by a question of its own.
_KINDS = {"work": WORK, "family": FAMILY}

# Longer than anybody can have waited.
_MOST_UNITS = {"weeks": 1_000, "months": 300, "years": 25}
_WEEK = datetime.timedelta(days=7)
_SHORT_YEAR = re.compile(r"(?<![\d./-])(0?[1-9]|1[0-2])\s?/\s?(\d\d)(?![\d./-])")
_DAY_AND_MONTH = re.compile(r"(?<![\d./-])\d{1,2}\s?\.\s?(0?[1-9]|1[0-2])\.?(?![\d.])")
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")

# What else is known of an application; the line's text has the facts.
_ABOUT = {
    "work_employed": "work",
    "work_specialist": "work",
    "fast_track": "fast_track",
    "family_spouse": "family",
    "family_child": "family",
    "citizenship": "citizenship",
}


def application_in_passing(said: Said) -> str | None:
    """Return what a message is about: one of the published applications, "work", "family" or "other"."""
    return _first_choice(said, "applications")


def read_application(said: Said) -> str | None:
    """Return what was applied for; also "something else"."""
    return application_in_passing(said) or (OTHER if mentions(said.text, _words("anything_else")) else None)


def read_work(said: Said) -> str | None:
    """Return which permit for work was applied for."""
    return _kind(said, "work")


def read_family(said: Said) -> str | None:
    """Return which permit on the basis of family ties was applied for."""
    return _kind(said, "family")


def way_in_passing(said: Said) -> str | None:
    """Return how somebody says to have applied, or None when both ways are named."""
    named = [way for way, words in _words("ways").items() if mentions(said.text, words)]
    return named[0] if len(named) == 1 else None


def read_way(said: Said) -> str | None:
    """Return how it was applied for; also from words that only hint at paper."""
    named = any(mentions(said.text, words) for words in _words("ways").values())
    if not named and mentions(said.text, _words("hints_of_paper")):
        return PAPER
    return way_in_passing(said)


def read_month(said: Said) -> str | None:
    """Return when it was applied for, as 2026-03: a month, or how long ago it was.

    Raises RefusedAnswer for a month to come.
    """
    found = _month(said)
    if found is None:
        return None
    if found > said.today:
        raise RefusedAnswer(f"utter_refuse_{MONTH}")
    return f"{found:%Y-%m}"


def month_in_passing(said: Said) -> str | None:
    """Return a month that a longer message names with its year, or as a time ago ("may I ask" names none)."""
    is_told = "month" in said.derived or _YEAR.search(said.text) or mentions(said.text, _words("ago"))
    return read_month(said) if is_told else None


def application_of(answers: Answers) -> str | None:
    """Return what was applied for, when that is clear."""
    given = answers.get(APPLICATION)
    return answers.get(_KINDS[given]) if given in _KINDS else given


def published() -> ProcessingTimes | None:
    """Return the figures in use, or None when they are not in order."""
    try:
        return processing_times.current()
    except FileError as error:
        logger.error("The processing times cannot be used: %s", error)
        return None


def _asks_how(answers: Answers) -> bool:
    application, times = application_of(answers), published()
    return application is None or (times is not None and len(times.ways(application)) > 1)


def _asks_month(answers: Answers) -> bool:
    application, times = application_of(answers), published()
    return application is None or (times is not None and application in times.applications)


def _words(name: str) -> Any:
    return vocabulary("processing_times")[name]


def _named(question: str) -> tuple[str, ...]:
    return tuple(_words("named")[question])


class ProcessingTimesForm(ServiceForm):
    """Asks what was applied for, how and when."""

    service = "processing_times"
    questions = (
        Question(APPLICATION, read=read_application, find=application_in_passing, named=_named("application")),
        Question(WORK, read=read_work, is_asked=lambda answers: answers.get(APPLICATION) == "work"),
        Question(FAMILY, read=read_family, is_asked=lambda answers: answers.get(APPLICATION) == "family"),
        Question(HOW, read=read_way, is_asked=_asks_how, find=way_in_passing, named=_named("how")),
        Question(MONTH, read=read_month, is_asked=_asks_month, find=month_in_passing, named=_named("month")),
    )


class ProcessingTimesResult(ServiceResult):
    """Tells how long decisions have taken and how long the customer has waited."""

    service = ProcessingTimesForm.service
    questions = ProcessingTimesForm.questions

    def tell(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict, answers: dict[str, Any]
    ) -> None:
        """Send what the figures say; when they are examples, the text says so."""
        times, application = published(), application_of(answers)
        if times is None:
            dispatcher.utter_message(response="utter_processing_times_unavailable")
            return
        if application is None or application not in times.applications:
            dispatcher.utter_message(response="utter_processing_times_no_figures")
            return
        language = language_of(tracker)
        ways = times.ways(application)
        way = answers.get(HOW, ways[0])
        applied = datetime.date.fromisoformat(f"{answers[MONTH]}-01")
        # Months in digits: the anonymiser, which reads what is stored of an answer, takes "August" for a name.
        names = [text(f"application_{application}", language), months(applied, applied)]
        if len(ways) > 1:
            names.insert(1, text(f"way_{way}", language).lower())
        suffix = "_example" if times.description.is_example else ""
        found = times.lookup(application, way, applied)
        if found.row is None:
            earliest = min(row.applied_from for row in times.of(application))
            dispatcher.utter_message(
                response=f"utter_processing_times_outside{suffix}",
                entered=", ".join(names),
                earliest=months(earliest, earliest),
            )
            return
        lines = [_wait(found.row, applied, domain, language)]
        if found.coverage is Coverage.NEWER:
            lines.append(_line(domain, "newer", language, latest=months(found.row.applied_to, found.row.applied_to)))
        if application in _ABOUT:
            lines.append(_line(domain, f"about_{_ABOUT[application]}", language))
        picture = {"url": plot.address(application, language), "alt": plot.alt(times, application, language)}
        dispatcher.utter_message(
            response=f"utter_processing_times_result{suffix}",
            entered=", ".join(names),
            half=within(found.row.p50_days, language),
            most=within(found.row.p90_days, language),
            details="\n\n".join(lines),
            **_origin(times.description, language),
            metadata={"language": language, "image": picture},
        )


def _wait(row: Row, applied: datetime.date, domain: DomainDict, language: str) -> str:
    today = forms.today()
    where = processing_times.position(row, applied, today)
    return _line(domain, where.value, language, waited=waited(applied, today, language))


def _origin(description: Description, language: str) -> dict[str, str]:
    return {
        "publisher": getattr(description.publisher, language),
        "source": getattr(description.source, language),
        "published": months(description.published, description.published),
        "period": months(description.period.first, description.period.last),
    }


def _line(domain: DomainDict, name: str, language: str, **values: str) -> str:
    found = variation(domain, f"utter_processing_times_line_{name}", language)
    if found is None:
        raise LookupError(f"data/services/processing_times.yml lacks the line {name}")
    return str(found["text"]).format(**values)


def _first_choice(said: Said, name: str) -> str | None:
    """Return the option that the first group of words which knows one finds."""
    found = (choice(said.text, options) for options in _words(name))
    return next((option for option in found if option is not None), None)


def _kind(said: Said, name: str) -> str | None:
    return _first_choice(said, name) or (OTHER if mentions(said.text, _words("anything_else")) else None)


def _month(said: Said) -> datetime.date | None:
    lower = said.text.lower()
    this_month = said.today.replace(day=1)
    if "month" not in said.derived:
        if (ago := _time_ago(said)) is not None:
            return ago
        if match := _SHORT_YEAR.search(lower):
            return datetime.date(2000 + int(match.group(2)), int(match.group(1)), 1)
        if (match := _DAY_AND_MONTH.search(lower)) and not _YEAR.search(lower):
            day = datetime.date(said.today.year, int(match.group(1)), 1)
            return day if day <= this_month else day.replace(year=day.year - 1)
    found = month(said)
    if found is None or "month" in said.derived or _YEAR.search(lower):
        return found
    for years, words in _words("years").items():
        if mentions(lower, words):
            return found.replace(year=said.today.year - int(years))
    return found


def _time_ago(said: Said) -> datetime.date | None:
    """Return the month that lies as long ago as a message says: "8 kuukautta sitten", "half a year", "two years"."""
    if mentions(said.text, _all(vocabulary("general")["months"])):
        return None
    for name, length in (("year_and_a_half", 18), ("half_a_year", 6)):
        if mentions(said.text, _words(name)):
            return _months_before(said.today, length)
    unit = next((unit for unit, words in _words("units").items() if mentions(said.text, words)), None)
    # "Last year" by itself is no time ago.
    if unit is None or mentions(said.text, _all(_words("years"))):
        return None
    amount = _amount(said)
    if amount is None or amount > _MOST_UNITS[unit]:
        return None
    if unit == "weeks":
        return (said.today - int(amount) * _WEEK).replace(day=1)
    return _months_before(said.today, round(amount * 12 if unit == "years" else amount))


def _amount(said: Said) -> Decimal | None:
    amount = number(said.text) or count(said.text)
    if amount is not None:
        return Decimal(amount)
    # "A month ago", "vuosi sitten"; a number that was masked is not one.
    return Decimal(1) if mentions(said.text, _words("ago")) and not re.search(r"[\d\[]", said.text) else None


def _months_before(day: datetime.date, months: int) -> datetime.date:
    total = day.year * 12 + day.month - 1 - months
    return datetime.date(total // 12, total % 12 + 1, 1)


def _all(words: Mapping[str, Sequence[str]]) -> Iterator[str]:
    return (word for group in words.values() for word in group)
