"""What is told of a table in `data/statistics`: a YAML file of the same name beside it."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConstrainedStr, Extra, Field, HttpUrl, validator

from components.located_yaml import FileError, load_model

Kind = Literal["published", "example"]

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


class _Text(ConstrainedStr):
    strict = True
    strip_whitespace = True
    min_length = 1


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid
        allow_mutation = False


class Texts(_Strict):
    """A text in both languages."""

    fi: _Text
    en: _Text


class Addresses(_Strict):
    """A public page; the one in English may be the only one there is, and then it is given twice."""

    fi: HttpUrl
    en: HttpUrl

    @validator("fi", "en")
    @classmethod
    def _secure(cls, address: HttpUrl) -> HttpUrl:
        if address.scheme != "https":
            raise ValueError("is not an https address; use one")
        return address


class Period(_Strict):
    """Months, both included, each as its first day."""

    first: datetime.date = Field(alias="from")
    last: datetime.date = Field(alias="to")

    @validator("first", "last", pre=True)
    @classmethod
    def _month(cls, written: object) -> datetime.date:
        month = parse_month(written) if isinstance(written, str) else None
        if month is None:
            raise ValueError("is not a month; write it as 2026-11")
        return month

    @validator("last")
    @classmethod
    def _in_order(cls, last: datetime.date, values: dict[str, datetime.date]) -> datetime.date:
        if "first" in values and last < values["first"]:
            raise ValueError("is before 'from'; swap the two")
        return last


class Description(_Strict):
    """Where figures come from and what they cover.

    kind: "example" when the figures are made up; whoever shows them must say so. period: when the decisions were made.
    """

    kind: Kind
    publisher: Texts
    source: Addresses
    published: datetime.date
    period: Period
    licence: _Text

    @validator("published", pre=True)
    @classmethod
    def _written_as_a_date(cls, published: object) -> object:
        # A number such as 20261121 would be read as seconds since 1970.
        if isinstance(published, (int, float)) or (isinstance(published, str) and published.isdigit()):
            raise ValueError("is not a date; write it as 2026-11-21")
        return published

    @validator("published")
    @classmethod
    def _not_in_the_future(cls, published: datetime.date) -> datetime.date:
        if published > datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=1):
            raise ValueError("is in the future; write the day of publishing")
        return published

    @validator("period")
    @classmethod
    def _before_publishing(cls, period: Period, values: dict[str, datetime.date]) -> Period:
        if "published" in values and period.last > values["published"]:
            raise ValueError("ends after the day of publishing; correct one of them")
        return period

    @property
    def is_example(self) -> bool:
        """Tell whether the figures are made up."""
        return self.kind == "example"


def description_file(table: Path) -> Path:
    """Return where the description of a table stands."""
    return table.with_suffix(".yml")


def load_description(table: Path) -> Description:
    """Read the description of a table.

    Raises FileError when there is none or it is not in order.
    """
    path = description_file(table)
    try:
        return load_model(path, Description)
    except OSError as error:
        raise FileError(
            f"{path}: cannot be read ({error.strerror}); every table needs its description, see docs/statistics.md"
        ) from error


def parse_month(written: str) -> datetime.date | None:
    """Return the first day of a month written as 2026-11, or None."""
    match = _MONTH.fullmatch(written)
    return datetime.date(int(match.group(1)), int(match.group(2)), 1) if match is not None else None
