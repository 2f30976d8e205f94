"""The machine that a measurement runs on, and how such a measurement is stopped."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import resource
from types import FrameType

_MEGABYTE = 1024 * 1024
_FILES_OF_OUR_OWN = 200


def describe() -> str:
    """Return the time, the machine and the versions that both sides have in common, as two lines."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        f"{now:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, load average {load_average()}\n"
        f"Python {platform.python_version()}, Rasa {importlib.metadata.version('rasa')} on both sides"
    )


def load_average() -> str:
    """Return the load averages of the last 1, 5 and 15 minutes."""
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


def megabytes(size: int | None) -> float | None:
    """Return bytes as megabytes; None stays."""
    return None if size is None else size / _MEGABYTE


def allow_connections(count: int) -> None:
    """Let this process, and those that it starts, keep so many connections open.

    Raises ValueError when the system does not allow them.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = count + _FILES_OF_OUR_OWN
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise ValueError(f"{needed} open files are needed, and the system allows {hard} (`ulimit -Hn`)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def interrupt(_: int, __: FrameType | None) -> None:
    """Handle a signal as Ctrl-C."""
    raise KeyboardInterrupt
