"""Announcements and opening hours: what is in force when, and that a faulty file changes nothing."""

from __future__ import annotations

import datetime
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.data import is_nlu_file

from components.channels.announcements import (
    AGENCIES,
    ANNOUNCEMENTS_FILE,
    MAX_FILE_BYTES,
    Announcements,
    announcements_file,
    load_announcements,
)
from components.located_yaml import FileError

LANGUAGES = ("fi", "en")
UTC = datetime.timezone.utc
NOW = datetime.datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # a Tuesday, 12.00 in Finland


def utc(text: str) -> datetime.datetime:
    """Return a moment that is written in UTC."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=UTC)


def announcement(**changes: Any) -> dict[str, Any]:
    """An announcement that is always in force."""
    return {
        "id": "break-1",
        "kind": "outage",
        "from": None,
        "until": None,
        "title": {"fi": "Katko", "en": "Break"},
        "text": {"fi": "Palvelu ei toimi.", "en": "The service does not work."},
        **changes,
    }


def hours(**changes: Any) -> dict[str, Any]:
    """A service that is open on Tuesdays, before and after a pause."""
    return {
        "agency": "customs",
        "name": {"fi": "Neuvonta", "en": "Advice"},
        "text": {"fi": "Soita.", "en": "Call."},
        "weekly": {"tuesday": ["08:30-12:00", "13:00-15:30"]},
        **changes,
    }


def content(*announcements: dict[str, Any], services: list[dict[str, Any]] | None = None, **more: Any) -> str:
    """The text of a file."""
    whole = {"announcements": list(announcements), "hours": services or [], **more}
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False)


class File:
    """A file of announcements with what reads it, and a clock that tests move."""

    def __init__(self, path: Path, text: str | None) -> None:
        self.path = path
        self.seconds = 0.0
        if text is not None:
            path.write_text(text, encoding="utf-8")
        self.announcements = Announcements(path, clock=self._clock)

    def _clock(self) -> float:
        return self.seconds

    def write(self, text: str, *, after: float = 2.0) -> None:
        """Write the file anew, and let some time pass."""
        self.path.write_text(text, encoding="utf-8")
        self.seconds += after

    def ids(self, now: datetime.datetime = NOW) -> list[str]:
        """The announcements that are in force."""
        return [each["id"] for each in self.announcements.document("fi", now)["announcements"]]

    def open(self, now: datetime.datetime) -> bool:
        """Whether the first service is open."""
        is_open = self.announcements.document("fi", now)["hours"][0]["open"]
        assert isinstance(is_open, bool)
        return is_open


Write = Callable[[str | None], File]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Make a file."""
    return lambda text: File(tmp_path / "announcements.yml", text)


def test_the_document_is_that_of_the_protocol(written: Write) -> None:
    link = {"title": {"fi": "Sivu", "en": "Page"}, "url": {"fi": "https://tulli.fi"}}
    file = written(content(announcement(until="2026-12-02 06:00", link=link), services=[hours(links=[link])]))

    document = file.announcements.document("en", NOW)

    page = {"title": "Page", "url": "https://tulli.fi", "language": "fi"}
    assert json.loads(json.dumps(document)) == {
        "announcements": [
            {
                "id": "break-1",
                "kind": "outage",
                "title": "Break",
                "text": "The service does not work.",
                "until": "2026-12-02T06:00:00+02:00",
                "link": page,
            }
        ],
        "hours": [{"agency": "customs", "name": "Advice", "text": "Call.", "open": False, "links": [page]}],
    }


@pytest.mark.parametrize(
    ("language", "title", "address"),
    [
        ("fi", "Sivu", "https://tulli.fi"),
        ("en", "Page", "https://tulli.fi/en"),
        ("sv", "Sivu", "https://tulli.fi"),
        (None, "Sivu", "https://tulli.fi"),
    ],
)
def test_everything_is_in_the_language_that_is_asked_for(
    written: Write, language: str | None, title: str, address: str
) -> None:
    link = {"title": {"fi": "Sivu", "en": "Page"}, "url": {"fi": "https://tulli.fi", "en": "https://tulli.fi/en"}}
    file = written(content(announcement(link=link), services=[hours(links=[link])]))

    document = file.announcements.document(language, NOW)

    assert document["announcements"][0]["link"]["title"] == title
    assert document["announcements"][0]["title"] == ("Break" if language == "en" else "Katko")
    assert document["hours"][0]["name"] == ("Advice" if language == "en" else "Neuvonta")
    assert document["hours"][0]["links"][0]["url"] == address


def test_outages_come_first(written: Write) -> None:
    file = written(
        content(
            announcement(id="b", kind="information"),
            announcement(id="c", kind="outage"),
            announcement(id="a", kind="outage"),
        )
    )

    assert file.ids() == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("begins", "until", "now", "shown"),
    [
        (None, None, "2026-12-01 10:00", True),
        ("2026-12-01 18:00", None, "2026-12-01 15:59:59", False),
        ("2026-12-01 18:00", None, "2026-12-01 16:00:00", True),
        (None, "2026-12-02 06:00", "2026-12-02 03:59:59", True),
        (None, "2026-12-02 06:00", "2026-12-02 04:00:00", False),
        # Summer time: three hours before UTC.
        ("2026-07-01 18:00", "2026-07-01 18:01", "2026-07-01 14:59:59", False),
        ("2026-07-01 18:00", "2026-07-01 18:01", "2026-07-01 15:00:00", True),
        ("2026-07-01 18:00", "2026-07-01 18:01", "2026-07-01 15:01:00", False),
        # 25 October 2026: from 3.00 to 4.00 comes twice, at 0.00 and at 1.00 UTC.
        ("2026-10-25 03:30", None, "2026-10-25 00:30", True),
        ("2026-10-25 03:30", None, "2026-10-25 00:29", False),
        (None, "2026-10-25 03:30", "2026-10-25 01:29", True),
        (None, "2026-10-25 03:30", "2026-10-25 01:30", False),
        # 29 March 2026: from 3.00 to 4.00 does not come at all; it is taken as long as it could be.
        ("2026-03-29 03:30", None, "2026-03-29 00:29", False),
        ("2026-03-29 03:30", None, "2026-03-29 00:30", True),
        (None, "2026-03-29 03:30", "2026-03-29 01:29", True),
        (None, "2026-03-29 03:30", "2026-03-29 01:30", False),
    ],
)
def test_an_announcement_is_in_force_from_its_first_minute_until_its_last(
    written: Write, begins: str | None, until: str | None, now: str, shown: bool
) -> None:
    file = written(content(announcement(**{"from": begins, "until": until})))

    assert (file.ids(utc(now)) == ["break-1"]) is shown


@pytest.mark.parametrize(
    ("local", "written_as"),
    [("2026-07-01 18:00", "2026-07-01T18:00:00+03:00"), ("2026-10-25 03:30", "2026-10-25T03:30:00+02:00")],
)
def test_the_end_is_told_with_its_offset(written: Write, local: str, written_as: str) -> None:
    file = written(content(announcement(until=local)))

    document = file.announcements.document("fi", utc("2026-01-01 12:00"))

    assert document["announcements"][0]["until"] == written_as


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-11-24 06:29:59", False),
        ("2026-11-24 06:30:00", True),
        ("2026-11-24 09:59:59", True),
        ("2026-11-24 10:00:00", False),
        ("2026-11-24 10:59:59", False),
        ("2026-11-24 11:00:00", True),
        ("2026-11-24 13:29:59", True),
        ("2026-11-24 13:30:00", False),
        ("2026-11-25 07:00:00", False),
        # The Tuesdays before and after the clocks are turned.
        ("2026-03-24 06:30:00", True),
        ("2026-03-24 06:29:59", False),
        ("2026-03-31 05:30:00", True),
        ("2026-03-31 05:29:59", False),
        ("2026-10-20 05:29:59", False),
        ("2026-10-20 05:30:00", True),
        ("2026-10-27 06:29:59", False),
        ("2026-10-27 06:30:00", True),
        # Still Monday in UTC.
        ("2026-11-23 22:00:00", False),
    ],
)
def test_a_service_is_open_as_the_clocks_in_finland_show(written: Write, now: str, is_open: bool) -> None:
    assert written(content(services=[hours()])).open(utc(now)) is is_open


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        # The hour from 3.00 to 4.00 is left out on 29 March and comes twice on 25 October.
        ("2026-03-29 00:59:59", True),
        ("2026-03-29 01:00:00", False),
        ("2026-10-25 00:30:00", True),
        ("2026-10-25 01:30:00", True),
        ("2026-10-25 02:00:00", False),
    ],
)
def test_a_service_that_is_open_while_the_clocks_are_turned(written: Write, now: str, is_open: bool) -> None:
    assert written(content(services=[hours(weekly={"sunday": ["02:00-04:00"]})])).open(utc(now)) is is_open


@pytest.mark.parametrize(("now", "is_open"), [("2026-11-23 21:59:59", False), ("2026-11-24 21:59:59", True)])
def test_a_day_goes_from_midnight_to_midnight_in_finland(written: Write, now: str, is_open: bool) -> None:
    assert written(content(services=[hours(weekly={"tuesday": ["00:00-24:00"]})])).open(utc(now)) is is_open


@pytest.mark.parametrize(
    ("exceptional", "holidays", "now", "is_open"),
    [
        ([], ["2026-11-24"], "2026-11-24 09:00", False),
        ([], ["2026-11-24"], "2026-11-23 22:30", False),
        ([], ["2026-11-17"], "2026-11-24 09:00", True),
        ([("2026-11-24", [])], [], "2026-11-24 09:00", False),
        ([("2026-11-24", ["10:00-12:00"])], [], "2026-11-24 07:59", False),
        ([("2026-11-24", ["10:00-12:00"])], [], "2026-11-24 08:00", True),
        ([("2026-11-24", ["10:00-12:00"])], ["2026-11-24"], "2026-11-24 08:00", True),
        ([("2026-11-25", ["10:00-12:00"])], [], "2026-11-25 08:00", True),
    ],
)
def test_an_exceptional_day_takes_the_place_of_its_weekday(
    written: Write, exceptional: list[tuple[str, list[str]]], holidays: list[str], now: str, is_open: bool
) -> None:
    days = [{"date": datetime.date.fromisoformat(day), "times": times} for day, times in exceptional]
    dates = [datetime.date.fromisoformat(day) for day in holidays]
    file = written(content(services=[hours(exceptional=days)], holidays=dates))

    assert file.open(utc(now)) is is_open


@pytest.mark.parametrize("times", ["08:30-12:00", "8:30-12:00", "8.30–12.00", "08:30 – 12:00"])
def test_times_are_read_as_people_write_them(written: Write, times: str) -> None:
    file = written(content(services=[hours(weekly={"tuesday": [times]})]))

    assert file.open(utc("2026-11-24 06:30"))
    assert not file.open(utc("2026-11-24 10:00"))


@pytest.mark.parametrize("value", ["2026-12-01 18:00", "2026-12-01T18:00", "2026-12-01 18:00:00", "'2026-12-01 18:00'"])
def test_a_local_time_is_read_as_people_write_it(written: Write, value: str) -> None:
    file = written(content(announcement(until="WHEN")).replace("WHEN", value))

    assert file.ids(utc("2026-12-01 15:59")) == ["break-1"]
    assert file.ids(utc("2026-12-01 16:00")) == []


def _without(data: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != key}


FAULTS: list[tuple[str, int, str]] = [
    (content(announcement(kind="disaster")), 3, "'announcements.1.kind' unexpected value; permitted: 'outage'"),
    (content(_without(announcement(), "until")), 2, "'announcements.1.until' is missing; add it"),
    (content(_without(announcement(), "from")), 2, "'announcements.1.from' is missing; add it"),
    (content(announcement(id="Katko 1")), 2, "'announcements.1.id' is not an id"),
    (content(announcement(), announcement()), 2, "'announcements' has an id twice"),
    (content(announcement(until="tomorrow")), 5, "'announcements.1.until' is not a local time; write it as"),
    (content(announcement(until="2026-12-01")), 5, "'announcements.1.until' is not a local time"),
    (content(announcement(until=datetime.date(2026, 12, 1))), 5, "'announcements.1.until' is not a local time"),
    (content(announcement(until=20261201)), 5, "'announcements.1.until' is not a local time"),
    (content(announcement(until=NOW)), 5, "without a time zone"),
    (content(announcement(until="2026-02-30 18:00")), 5, "'announcements.1.until' is a time that no calendar has"),
    (content(announcement(until="0001-01-01 00:00")), 5, "mend the year"),
    (
        content(announcement(**{"from": "2026-12-01 18:00", "until": "2026-12-01 18:00"})),
        5,
        "'announcements.1.until' is not later than 'from'",
    ),
    (content(announcement(title={"fi": "Katko"})), 7, "'announcements.1.title.en' is missing; add it"),
    (content(announcement(text={"fi": " ", "en": "x"})), 10, "'announcements.1.text.fi' is empty; write it"),
    (content(announcement(title={"fi": "x" * 121, "en": "x"})), 7, "shorten it to 120 characters"),
    (content(announcement(title={"fi": True, "en": "x"})), 7, "'announcements.1.title.fi' is not text; put it in"),
    (
        content(announcement(link={"title": {"fi": "a", "en": "b"}, "url": {"fi": "http://tulli.fi"}})),
        17,
        "'announcements.1.link.url.fi' is not the address of a page; write it as https://…",
    ),
    (
        content(announcement(link={"title": {"fi": "a", "en": "b"}, "url": {}})),
        16,
        "'announcements.1.link.url' has no address",
    ),
    (content(announcement(untill=None)), 12, "'announcements.1.untill' is not a known key"),
    (content(services=[hours(agency="police")]), 3, "'hours.1.agency' unexpected value; permitted: 'immigration'"),
    (content(services=[hours(weekly={"tuesday": "08:30-12:00"})]), 11, "'hours.1.weekly.tuesday' is not a list"),
    (content(services=[hours(weekly={"tuesday": ["8-12"]})]), 12, "'hours.1.weekly.tuesday.1' is not an opening"),
    (content(services=[hours(weekly={"tuesday": [510]})]), 12, "'hours.1.weekly.tuesday.1' is not an opening"),
    (content(services=[hours(weekly={"tuesday": ["08:60-12:00"]})]), 12, "write times from 00:00 to 24:00"),
    (content(services=[hours(weekly={"tuesday": ["08:00-24:01"]})]), 12, "write times from 00:00 to 24:00"),
    (content(services=[hours(weekly={"tuesday": ["22:00-06:00"]})]), 12, "ends before it begins"),
    (content(services=[hours(weekly={"tuesday": ["08:00-08:00"]})]), 12, "ends before it begins"),
    (content(services=[hours(weekly={"tuesday": ["08:00-12:00", "11:59-13:00"]})]), 12, "overlap"),
    (content(services=[hours(weekly={"tuesday": ["13:00-14:00", "08:00-09:00"]})]), 12, "write the earliest first"),
    (content(services=[hours(weekly={"tiistai": []})]), 11, "'hours.1.weekly.tiistai' is not a known key"),
    (content(holidays=["24.12.2026"]), 4, "'holidays.1' is not a date; write it as 2026-12-24"),
    (content(holidays=[20261224]), 4, "'holidays.1' is not a date"),
    (
        content(services=[hours(exceptional=[{"date": datetime.date(2026, 12, 24), "times": []}] * 2)]),
        15,
        "'hours.1.exceptional' has a day twice",
    ),
    ("announcements: []\n", 1, "'hours' is missing; add it"),
    ("", 1, "'announcements' is missing; add it"),
    ("- outage\n", 1, "'announcements' is missing; add it"),
    ("announcements: [\n", 2, "mend the YAML"),
    ("[" * 100_000, 1, "nested too deeply"),
    (f"# {'x' * MAX_FILE_BYTES}\n{content()}", 1, "larger than"),
]


@pytest.mark.parametrize(("text", "line", "expected"), FAULTS, ids=[expected for _, _, expected in FAULTS])
def test_a_fault_is_told_with_line_and_field_and_how_to_mend_it(
    tmp_path: Path, text: str, line: int, expected: str
) -> None:
    path = tmp_path / "announcements.yml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(FileError) as error:
        load_announcements(path)

    assert str(error.value).startswith(f"{path}:{line}: ")
    assert expected in str(error.value)


def test_a_change_is_noticed_without_a_restart(written: Write) -> None:
    file = written(content())
    assert file.ids() == []

    file.write(content(announcement()))

    assert file.ids() == ["break-1"]


def test_the_file_is_looked_at_once_a_second(written: Write) -> None:
    file = written(content())

    file.write(content(announcement()), after=0.9)
    assert file.ids() == []

    file.seconds += 0.1
    assert file.ids() == ["break-1"]


def test_a_file_that_did_not_change_is_not_read_again(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(content(announcement()))
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: pytest.fail("read again"))

    for _ in range(3):
        file.seconds += 10
        assert file.ids() == ["break-1"]


def test_a_change_of_the_same_length_is_noticed(written: Write) -> None:
    file = written(content(announcement(id="aaa")))
    status = file.path.stat()

    file.write(content(announcement(id="bbb")))
    os.utime(file.path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))

    assert file.ids() == ["bbb"]


def test_a_file_that_took_the_place_of_the_other_is_noticed(written: Write, tmp_path: Path) -> None:
    file = written(content(announcement(id="aaa")))
    status = file.path.stat()
    other = tmp_path / "other.yml"
    other.write_text(content(announcement(id="bbb")), encoding="utf-8")
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))

    other.replace(file.path)
    file.seconds += 2

    assert file.ids() == ["bbb"]


FAULTY = [content(announcement(kind="disaster")), "announcements: [", "", "\x00", "[" * 100_000]


@pytest.mark.parametrize("faulty", FAULTY, ids=["value", "yaml", "empty", "binary", "nested"])
def test_a_faulty_file_leaves_what_was_read_before(written: Write, faulty: str) -> None:
    file = written(content(announcement(), services=[hours()]))
    before = file.announcements.document("fi", NOW)

    file.write(faulty)

    assert file.announcements.document("fi", NOW) == before


def test_a_file_that_is_taken_away_leaves_what_was_read_before(
    written: Write, caplog: pytest.LogCaptureFixture
) -> None:
    file = written(content(announcement()))

    file.path.unlink()
    file.seconds += 2

    assert file.ids() == ["break-1"]
    assert "cannot be read (No such file or directory); check its path and rights" in caplog.text


@pytest.mark.parametrize("text", [None, *FAULTY], ids=["away", "value", "yaml", "empty", "binary", "nested"])
def test_the_service_starts_with_a_faulty_file(written: Write, text: str | None) -> None:
    file = written(text)
    assert file.announcements.document("fi", NOW) == {"announcements": [], "hours": []}

    file.write(content(announcement()))

    assert file.ids() == ["break-1"]


def test_a_fault_is_told_in_one_line_and_once(written: Write, caplog: pytest.LogCaptureFixture) -> None:
    file = written(content())

    file.write(content(announcement(kind="disaster", id="Matti Meikäläinen", text={"fi": "040 123 4567"})))
    for _ in range(3):
        file.seconds += 2
        file.ids()

    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    # What is before is the file's path, which gate 4 may have masked.
    assert record.getMessage().endswith(
        "/announcements.yml:2: 'announcements.1.id' is not an id; "
        "write it with small letters a-z, digits and '-' (faults after this one: 2; `luotsi content check` lists them)"
    )


def test_that_all_is_well_again_is_told_once(written: Write, caplog: pytest.LogCaptureFixture) -> None:
    file = written("")
    caplog.clear()

    for identifier in ("one", "two"):
        file.write(content(announcement(id=identifier)))
        assert file.ids() == [identifier]

    assert [record.getMessage() for record in caplog.records] == ["The announcements can be used again."]


def test_the_environment_may_name_another_file(tmp_path: Path) -> None:
    other = tmp_path / "other.yml"

    assert announcements_file({"LUOTSI_ANNOUNCEMENTS": str(other)}) == other
    assert announcements_file({"LUOTSI_ANNOUNCEMENTS": ""}) == announcements_file({}) == ANNOUNCEMENTS_FILE


def test_the_file_of_the_environment_is_the_one_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.yml"
    other.write_text(content(announcement(id="from-elsewhere")), encoding="utf-8")
    monkeypatch.setenv("LUOTSI_ANNOUNCEMENTS", str(other))

    assert Announcements().document("fi", NOW)["announcements"][0]["id"] == "from-elsewhere"


def test_the_file_that_comes_with_luotsi_is_in_order() -> None:
    file = load_announcements(ANNOUNCEMENTS_FILE)

    assert file.announcements == []
    assert [each.agency for each in file.hours] == list(AGENCIES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_reads_the_hours_is_told_to_check_them(language: str) -> None:
    services = Announcements(ANNOUNCEMENTS_FILE).document(language, NOW)["hours"]

    check = {"fi": "arkista ne", "en": "check them"}[language]
    assert all(check in service["text"].replace("Check", "check") for service in services)
    assert all(service["links"] for service in services)
    assert {link["language"] for service in services for link in service["links"]} == {language}


@pytest.mark.parametrize(
    ("now", "open_agencies"),
    [
        ("2026-11-23 06:00", ["customs"]),
        ("2026-11-23 08:00", ["immigration", "customs"]),
        ("2026-11-23 10:30", ["customs"]),
        ("2026-11-23 14:14", ["customs"]),
        ("2026-11-23 14:15", []),
        ("2026-11-22 08:00", []),
        ("2026-12-25 08:00", []),
        ("2026-12-28 08:00", ["immigration", "customs"]),
    ],
)
def test_the_hours_are_the_published_ones(now: str, open_agencies: list[str]) -> None:
    services = Announcements(ANNOUNCEMENTS_FILE).document("fi", utc(now))["hours"]

    assert [service["agency"] for service in services if service["open"]] == open_agencies


def test_the_example_in_the_file_is_in_order(tmp_path: Path) -> None:
    text = ANNOUNCEMENTS_FILE.read_text(encoding="utf-8").partition("\n# announcements:\n")[2].partition("\n\n")[0]
    example = "\n".join(line.removeprefix("# ") for line in text.splitlines())
    path = tmp_path / "announcements.yml"
    path.write_text(f"hours: []\nannouncements:\n{example}\n", encoding="utf-8")

    document = Announcements(path).document("en", utc("2026-12-01 16:00"))

    assert document["announcements"][0]["link"]["url"] == "https://tulli.fi/en"


def test_training_leaves_the_file_alone() -> None:
    assert not is_nlu_file(ANNOUNCEMENTS_FILE)
    assert not YAMLStoryReader.is_stories_file(ANNOUNCEMENTS_FILE)
