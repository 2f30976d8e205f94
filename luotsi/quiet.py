"""Rasa's log set-up, as its own command line would do it."""

from __future__ import annotations

import logging


def configure_logging(level: int = logging.INFO) -> None:
    """Set Rasa's loggers to `level` and keep the libraries' warnings about their own future out of sight."""
    import rasa.utils.common
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(level)
    rasa.utils.common.configure_logging_and_warnings(log_level=level)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
