"""`luotsi queue`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from luotsi.asking import CANNOT_TELL, ask_database

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from components.storage.queue_guard import QueueStatus

PAUSED = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    status = tasks.add_parser(
        "status",
        help="tell whether it is in use",
        description="Tell whether customers get answers. Exits with 1 when it is paused for everyone, with 2 when it "
        "cannot tell.",
    )
    status.add_argument("--prometheus", action="store_true", help="as metrics for a textfile collector")
    status.set_defaults(run=_status)
    for task, what in (("pause", "switch it off for everyone"), ("resume", "switch it on again, and count anew")):
        switch = tasks.add_parser(task, help=what, description=f"{what[0].upper()}{what[1:]}. It is written down.")
        switch.add_argument("--by", required=True, metavar="NAME", help="who does it")
        switch.add_argument("--reason", required=True, metavar="TEXT", help="why")
        switch.set_defaults(run=_pause if task == "pause" else _resume)


def _status(options: argparse.Namespace) -> int:
    def show(engine: Engine) -> int:
        from components.settings import queue_limits
        from components.storage.queue_guard import status

        found = status(engine, queue_limits(os.environ))
        sys.stdout.write(_metrics(found) if options.prometheus else "".join(f"{line}\n" for line in _report(found)))
        return PAUSED if found.paused else 0

    return _ask(show)


def _pause(options: argparse.Namespace) -> int:
    def switch(engine: Engine) -> int:
        from components.storage.queue_guard import pause

        pause(engine, by=options.by, reason=options.reason)
        print("The queue position is paused for everyone.")
        return 0

    return _ask(switch)


def _resume(options: argparse.Namespace) -> int:
    def switch(engine: Engine) -> int:
        from components.storage.queue_guard import resume

        resume(engine, by=options.by, reason=options.reason)
        print("The queue position is in use; counting begins anew.")
        return 0

    return _ask(switch)


def _ask(task: Callable[[Engine], int]) -> int:
    def told(engine: Engine) -> int:
        try:
            return task(engine)
        except ValueError as error:
            sys.stderr.write(f"Nothing was done: {error}\n")
            return CANNOT_TELL

    return ask_database(told)


def _report(status: QueueStatus) -> Iterator[str]:
    if status.by_staff:
        yield "PAUSED by staff: nobody gets an answer until it is resumed."
    elif status.by_detector:
        yield "PAUSED by the detector of enumeration: nobody gets an answer for some hours, or until it is resumed."
    else:
        yield "In use."
    yield f"Networks that are paused: {status.paused_networks}"
    yield f"Questions: {status.asked_hour} this hour, {status.asked_day} during the last 24 hours"
    yield f"Of these without a readable number: {status.unreadable_day}"
    for switch in status.switches:
        yield f"{switch.changed_at:%Y-%m-%d %H:%M} UTC  {switch.action}  {switch.changed_by}: {switch.reason}"


def _metrics(status: QueueStatus) -> str:
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    paused = Gauge("luotsi_queue_paused", "1 when nobody gets a queue position.", ["cause"], registry=registry)
    paused.labels("staff").set(status.by_staff)
    paused.labels("detector").set(status.by_detector)
    networks = "Networks that the detector of enumeration keeps out."
    Gauge("luotsi_queue_paused_networks", networks, registry=registry).set(status.paused_networks)
    questions = Gauge("luotsi_queue_questions", "Questions for a queue position.", ["period"], registry=registry)
    questions.labels("hour").set(status.asked_hour)
    questions.labels("day").set(status.asked_day)
    unreadable = "Questions of the last 24 hours without a readable number."
    Gauge("luotsi_queue_unreadable", unreadable, registry=registry).set(status.unreadable_day)
    return generate_latest(registry).decode()
