"""How pages show times, numbers and topics."""

from __future__ import annotations

import datetime

from flask import Flask
from flask_babel import format_date, format_decimal, format_percent, format_time, format_timedelta
from markupsafe import Markup

from console.database import now


def register(app: Flask) -> None:
    """Let templates use the functions below as filters: {{ value | time }}."""
    for function in (day, time, ago, number, percent):
        app.jinja_env.filters[function.__name__] = function


def day(value: datetime.date) -> str:
    """Return a date in the reader's way."""
    return str(format_date(value))


def time(value: datetime.datetime) -> Markup:
    """Return a time as an element: date and minutes in Finland's time, with the exact one for machines."""
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), _to_the_minute(value))


def ago(value: datetime.datetime) -> Markup:
    """Return how long ago something was, as an element with the exact time on it."""
    shown = format_timedelta(value - now(), add_direction=True)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(value.isoformat(), _to_the_minute(value), shown)


def number(value: float) -> str:
    """Return a number in the reader's way."""
    return str(format_decimal(value))


def percent(value: float | None) -> str:
    """Return a share (0..1) as percent; a dash for None."""
    return "–" if value is None else str(format_percent(value))


def _to_the_minute(value: datetime.datetime) -> str:
    """Return date and time in Finland; the short form of English would leave open which number is the month."""
    return f"{format_date(value)} {format_time(value, 'short')}"
