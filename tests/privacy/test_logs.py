import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from components.privacy import install_log_filter, logs, mask_event

CODE = "131052-308T"
MASKED = "[FI_PERSONAL_IDENTITY_CODE]"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Output of a fresh logger with the filter installed; the record factory is put back afterwards."""
    before = logging.getLogRecordFactory()
    install_log_filter()
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    logger = logging.getLogger("tests.privacy")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield out
    logger.removeHandler(handler)
    logging.setLogRecordFactory(before)


LOGGER = logging.getLogger("tests.privacy")


def test_message(stream: io.StringIO) -> None:
    LOGGER.info("code " + CODE)  # noqa: G003
    assert stream.getvalue() == f"code {MASKED}\n"


def test_arguments(stream: io.StringIO) -> None:
    LOGGER.warning("code %s of %s", CODE, {"mail": "matti@live.fi"})
    assert stream.getvalue() == f"code {MASKED} of {{'mail': '[EMAIL_ADDRESS]'}}\n"


def test_value_torn_between_message_and_arguments(stream: io.StringIO) -> None:
    LOGGER.info("code %s-%s", "131052", "308T")
    assert stream.getvalue() == f"code {MASKED}\n"


def test_traceback(stream: io.StringIO) -> None:
    try:
        raise ValueError(f"bad code {CODE}")
    except ValueError:
        LOGGER.exception("failed")
    assert CODE not in stream.getvalue()
    assert f"ValueError: bad code {MASKED}" in stream.getvalue()


def test_cause_of_an_exception(stream: io.StringIO) -> None:
    try:
        try:
            raise KeyError(CODE)
        except KeyError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        LOGGER.exception("failed")
    assert CODE not in stream.getvalue()
    assert "RuntimeError: outer" in stream.getvalue()


def test_stack(stream: io.StringIO) -> None:
    LOGGER.info("here", stack_info=True)
    assert "Stack (most recent call last)" in stream.getvalue()


def test_plain_message_is_untouched(stream: io.StringIO) -> None:
    LOGGER.info("started %s workers", 2)
    assert stream.getvalue() == "started 2 workers\n"


@pytest.mark.parametrize("name", ["", "rasa.core", "sqlalchemy.engine"])
def test_every_logger(stream: io.StringIO, name: str) -> None:
    record = logging.getLogger(name).makeRecord(name, logging.INFO, __file__, 1, "code %s", (CODE,), None)
    assert record.getMessage() == f"code {MASKED}"
    assert not record.args


def test_loggers_made_before_the_filter(stream: io.StringIO) -> None:
    assert isinstance(LOGGER.makeRecord("a", 20, __file__, 1, CODE, (), None), logs.MaskedLogRecord)


def test_installing_twice_changes_nothing(stream: io.StringIO) -> None:
    factory = logging.getLogRecordFactory()
    install_log_filter()
    assert logging.getLogRecordFactory() is factory


def test_failure_withholds_the_message(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(logs, "anonymise", broken)
    LOGGER.info("code %s", CODE)
    assert stream.getvalue() == logs.WITHHELD + "\n"


def test_arguments_that_do_not_fit_are_withheld(stream: io.StringIO) -> None:
    LOGGER.info("%s %s", CODE)
    assert stream.getvalue() == logs.WITHHELD + "\n"


def test_argument_whose_text_fails_is_withheld(stream: io.StringIO) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError(CODE)

    LOGGER.info("%s", Broken())
    assert stream.getvalue() == logs.WITHHELD + "\n"


def test_event_of_structlog_as_message(stream: io.StringIO) -> None:
    LOGGER.info({"event": CODE})
    assert CODE not in stream.getvalue()
    assert MASKED in stream.getvalue()


@pytest.mark.parametrize(
    ("event", "masked"),
    [
        ({"event": f"code {CODE}"}, {"event": f"code {MASKED}"}),
        ({"event": "x", "deep": {"list": [{"a": CODE}]}}, {"event": "x", "deep": {"list": [{"a": MASKED}]}}),
        ({CODE: 1}, {MASKED: 1}),
        ({"event": "x", "n": 401234567}, {"event": "x", "n": "[LONG_NUMBER]"}),
        ({"event": "x", "ms": 12.5, "ok": True, "none": None}, {"event": "x", "ms": 12.5, "ok": True, "none": None}),
        ({"timestamp": "2026-11-21T10:00:00.123456Z"}, {"timestamp": "2026-11-21T10:00:00.123456Z"}),
        ({"timestamp": CODE}, {"timestamp": MASKED}),
        ({"error": ValueError(CODE)}, {"error": MASKED}),
    ],
)
def test_event(event: dict[str, Any], masked: dict[str, Any]) -> None:
    assert mask_event(None, "info", event) == masked


@pytest.mark.parametrize("as_flag", [True, False])
def test_event_with_an_exception(as_flag: bool) -> None:
    try:
        raise ValueError(CODE)
    except ValueError as error:
        event = mask_event(None, "error", {"event": "x", "exc_info": True if as_flag else error})
    assert "exc_info" not in event
    assert f"ValueError: {MASKED}" in event["exception"]


def test_event_that_cannot_be_masked_is_withheld() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError(CODE)

    assert mask_event(None, "info", {"event": CODE, "x": Broken()}) == {"event": logs.WITHHELD}


def test_in_a_structlog_chain() -> None:
    out = io.StringIO()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(out),
        processors=[mask_event, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
    )
    try:
        raise ValueError(CODE)
    except ValueError:
        logger.error("failed", mail="matti@live.fi", exc_info=True)  # noqa: G201
    assert CODE not in out.getvalue()
    assert "matti@live.fi" not in out.getvalue()
    assert "[EMAIL_ADDRESS]" in out.getvalue()
