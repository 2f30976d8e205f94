"""How pages show times."""

from __future__ import annotations

import datetime

import pytest
from flask import Flask
from flask_babel import force_locale

from console.formats import time

LATE = datetime.datetime(2026, 11, 9, 22, 30, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(("language", "shown"), [("fi", ">10.11.2026 0.30<"), ("en_GB", ">10 Nov 2026 00:30<")])
def test_times_are_those_of_finland_and_leave_no_doubt_which_number_is_the_month(
    app: Flask, language: str, shown: str
) -> None:
    with app.test_request_context("/"), force_locale(language):
        assert shown in time(LATE)
