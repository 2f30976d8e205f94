"""The last gate: whatever still reaches a log line or a traceback is masked there."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

from components.privacy.engine import anonymise
from components.privacy.tree import anonymise_tree

WITHHELD = "log message withheld: it could not be masked"
"""Stands for a message whose masking failed; the raw text never goes out."""

# Set by processors of our own, never by a customer. The pattern is what structlog's TimeStamper writes.
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{5,15}(?:Z|[+-][0-9:]{4,6})?")


class MaskedLogRecord(logging.LogRecord):
    """A log record whose message, exception and stack texts hold no personal data from birth."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what a logger gives and keep only the masked form of it."""
        super().__init__(*args, **kwargs)
        _mask_record(self)


def _mask_record(record: logging.LogRecord) -> None:
    """Mask a record in place; on any failure replace it by a neutral text."""
    msg: Any
    try:
        if isinstance(record.msg, dict) and not record.args:
            msg = mask_event(None, record.name, record.msg)  # structlog hands its event over as the message
        else:
            msg = anonymise(record.getMessage()).text
        exc_text = _render(record.exc_info)
        stack = anonymise(record.stack_info).text if record.stack_info else record.stack_info
    except Exception:  # noqa: BLE001  the reason may itself quote the message
        msg, exc_text, stack = WITHHELD, None, None
    record.msg = msg
    record.args = None
    record.exc_info = None
    record.exc_text = exc_text
    record.stack_info = stack


def _render(exc_info: Any) -> str | None:
    """Render the masked traceback of `(type, exception, traceback)`, with the causes of the exception."""
    if not exc_info or exc_info[0] is None:
        return None
    return anonymise("".join(traceback.format_exception(*exc_info)).rstrip("\n")).text


def install_log_filter() -> None:
    """Make every record of every logger a `MaskedLogRecord`; a second call changes nothing.

    Attributes given to a logger as `extra` are set on a record after its birth and are not masked: no formatter of
    this project prints them.
    """
    if logging.getLogRecordFactory() is not MaskedLogRecord:
        logging.setLogRecordFactory(MaskedLogRecord)


def mask_event(logger: Any, name: str, event_dict: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask every key and value of a structlog event, at any depth, and render its exception masked."""
    try:
        event = dict(event_dict)
        exc_info = event.pop("exc_info", None)
        masked = {_key(key): _value(value) for key, value in event.items()}
        rendered = _render(_exc_tuple(exc_info))
        if rendered:
            masked["exception"] = rendered
        return masked
    except Exception:  # noqa: BLE001  the reason may itself quote the event
        return {"event": WITHHELD}


def _exc_tuple(exc_info: Any) -> Any:
    if isinstance(exc_info, BaseException):
        return (type(exc_info), exc_info, exc_info.__traceback__)
    return exc_info if isinstance(exc_info, tuple) or not exc_info else sys.exc_info()


def _key(key: Any) -> str:
    return anonymise(str(key)).text


def _value(value: Any) -> Any:
    if isinstance(value, str) and _TIMESTAMP.fullmatch(value):
        return value
    return anonymise_tree(value, numbers=True)
