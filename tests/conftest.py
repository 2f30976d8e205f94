"""What every test runs with, also when it is started without make."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")


@pytest.fixture(scope="module", autouse=True)
def _log_records_as_they_were() -> Iterator[None]:
    """Take gate 4 of the logs out of the process again after a file whose tests have installed it."""
    yield
    logging.setLogRecordFactory(logging.LogRecord)
