"""`python -m bench.console`: the staff console's list, filters, search and figures over a million events.

Made-up conversations (luotsi demo-data) are copied, each time with ids and times of their own, until there are enough
events; then the pages are asked for as a browser does, without the network, and timed until they are written out.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import random
import signal
import sys
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pgserver
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.engine import Connection, Engine

from bench.machine import describe, interrupt, load_average
from bench.tables import Target, number, percentile, table, target_table
from components.storage.database import migrate, open_database
from components.storage.models import (
    Conversation,
    Event,
    Feedback,
    IndexedConversation,
    IndexedMessage,
    ReviewMark,
    StaffMember,
)
from components.storage.references import reference_of
from components.storage.staff import Role
from console.app import Documents, create_app
from console.settings import ConsoleSettings
from console.signing_in.sessions import COOKIE, open_session
from luotsi.commands import demo_data

EVENTS = 1_000_000
TEMPLATES = 2_000
REPETITIONS = 20
DAYS = 600
KEPT = datetime.timedelta(days=730)
LIMITS = {"sqlite": 500.0, "postgresql": 300.0}
"""Milliseconds (p95) that a list, a filter or a search may take."""

_SEED = 6
_COPIED_AT_ONCE = 200
_TABLES = tuple(model.__table__ for model in (Conversation, Event, Feedback, IndexedConversation, IndexedMessage))

Rows = dict[str, list[dict[str, Any]]]


@dataclasses.dataclass(frozen=True)
class Page:
    """A page that is asked for: what it is called, its address, and whether a target holds for it."""

    name: str
    path: str
    must: bool = True


PAGES = (
    Page("list", "/conversations"),
    Page("list, a later page", "/conversations?after={later}"),
    Page("since and until", "/conversations?since={since}&until={until}"),
    Page("language", "/conversations?language=en"),
    Page("channel", "/conversations?channel=demo"),
    Page("agency", "/conversations?agency=customs"),
    Page("topic", "/conversations?topic={topic}"),
    Page("confidence", "/conversations?confidence_below=40"),
    Page("fallback", "/conversations?fallback=true"),
    Page("feedback", "/conversations?feedback=bad"),
    Page("masked label", "/conversations?label=PERSON"),
    Page("special category", "/conversations?special_category=true"),
    Page("asked for a person", "/conversations?handoff=true"),
    Page("length", "/conversations?questions_from=5&questions_to=8"),
    Page("reviewed by somebody", "/conversations?reviewed=anna"),
    Page("reviewed by nobody", "/conversations?reviewed=-"),
    Page("tag", "/conversations?tag=unclear"),
    Page("several filters", "/conversations?language=fi&agency=immigration&fallback=true&reviewed=-&feedback=bad"),
    Page("nothing found", "/conversations?topic=customs_none"),
    Page("search, a frequent word", "/conversations?words=i"),
    Page("search, one word", "/conversations?words=oleskelulupa"),
    Page("search, a beginning", "/conversations?words=k"),
    Page("search, three words", "/conversations?words=paper+is+not"),
    Page("search, no match", "/conversations?words=xylophone"),
    Page("search with filters", "/conversations?words=permit&language=en&fallback=true&since={since}"),
    Page("figures", "/conversations/figures", must=False),
    Page("figures of a search", "/conversations/figures?words=oleskelulupa", must=False),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns 0, 1 when a target was missed, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=EVENTS, help=f"how many there are (default {EVENTS})")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help=f"of each page (default {REPETITIONS})")
    parser.add_argument("--database", choices=sorted(LIMITS, reverse=True), help="only this one (default: both)")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGTERM, interrupt)
    print(f"{describe()}\n")
    missed = False
    try:
        for kind in [options.database] if options.database else LIMITS:
            with (
                tempfile.TemporaryDirectory(prefix="luotsi-bench-") as folder,
                _database(kind, Path(folder)) as address,
            ):
                missed |= not _measure(kind, address, options.events, options.repetitions)
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; everything that was started and written is gone.\n")
        return 130
    return int(missed)


def copy_of(rows: Rows, copy: int, *, earlier: datetime.timedelta) -> Rows:
    """Return the rows of conversations as those of other ones: with ids of their own, and begun earlier.

    The numbers of events and messages are left to the database. A conversation's copy of the same number is always the
    same one.
    """
    made: Rows = {}
    for name, originals in rows.items():
        made[name] = []
        for original in originals:
            own = {key: value for key, value in original.items() if key != "id"}
            for key, value in own.items():
                if isinstance(value, datetime.datetime):
                    own[key] = value - earlier
            own["sender_id"] = copied_id(original["sender_id"], copy)
            if "reference" in own:
                own["reference"] = reference_of(own["sender_id"])
            made[name].append(own)
    return made


def copied_id(sender_id: str, copy: int) -> str:
    """Return the id of a conversation's copy."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{sender_id} {copy}").hex


def by_page(times: dict[str, list[float]]) -> list[list[str]]:
    """Return lines of a table: page, median and 95th percentile in milliseconds."""
    return [[name, number(percentile(each, 0.5), 1), number(percentile(each, 0.95), 1)] for name, each in times.items()]


@contextlib.contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    """Give the address of an empty database with its usual settings."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'luotsi.sqlite'}"
        return
    server = pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        yield f"postgresql+psycopg2://postgres@/postgres?host={server.get_postmaster_info().socket_dir}"
    finally:
        server.cleanup()


def _measure(kind: str, address: str, events: int, repetitions: int) -> bool:
    """Fill a database, ask for the pages, print, and tell whether the targets were reached."""
    engine = open_database(address)
    try:
        migrate(engine)
        begun = time.monotonic()
        counted = _fill(engine, events)
        seconds = time.monotonic() - begun
        size = ", ".join(f"{rows:,} {name}" for name, rows in counted.items())
        print(f"{kind}: {size}; written in {seconds:.0f} s; load average {load_average()}", flush=True)
        times = _ask(engine, address, repetitions)
    finally:
        engine.dispose()
    print(f"\n{table(['milliseconds', 'p50', 'p95'], by_page(times))}\n")
    worst = {page.name: percentile(times[page.name], 0.95) for page in PAGES if page.must}
    target = Target(f"{kind}: slowest list, filter or search (p95)", "worst", "<=", LIMITS[kind], "ms")
    figures: dict[str, float | None] = {"worst": max(worst.values())}
    print(f"{target_table([target], figures)}\n", flush=True)
    return target.reached_by(max(worst.values()))


def _fill(engine: Engine, events: int) -> dict[str, int]:
    """Write so many events with all that belongs to them; return the rows by table."""
    demo_data.write(engine, conversations=TEMPLATES, days=DAYS // 10, seed=_SEED, retention=KEPT)
    with engine.connect() as connection:
        originals = {
            each.name: [dict(row) for row in connection.execute(sa.select(each)).mappings()] for each in _TABLES
        }
    dice = random.Random(_SEED)  # noqa: S311 - made-up conversations keep no secret
    groups = _grouped(originals)
    written, copy = len(originals["events"]), 0
    while written < events:
        for group in groups:
            if written >= events:
                break
            rows = copy_of(group, copy, earlier=datetime.timedelta(seconds=dice.randrange(DAYS * 86_400 * 9 // 10)))
            with engine.begin() as connection:
                for each in _TABLES:
                    if rows[each.name]:
                        connection.execute(sa.insert(each), rows[each.name])
                if copy % 3 == 0:
                    _review(connection, rows)
            written += len(rows["events"])
        copy += 1
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
        return {
            each.name: connection.execute(sa.select(sa.func.count()).select_from(each)).scalar_one()
            for each in (*_TABLES, ReviewMark.__table__)
        }


def _grouped(originals: Rows) -> list[Rows]:
    """Return the rows in groups of conversations, each small enough for a transaction."""
    senders = [row["sender_id"] for row in originals["conversations"]]
    size = max(1, len(senders) // _COPIED_AT_ONCE)
    place = {sender: number % size for number, sender in enumerate(senders)}
    groups: list[Rows] = [{name: [] for name in originals} for _ in range(size)]
    for name, rows in originals.items():
        for row in rows:
            groups[place[row["sender_id"]]][name].append(row)
    return groups


def _review(connection: Connection, rows: Rows) -> None:
    """Note reviews and tags on some of the conversations."""
    marks = []
    for row in rows["conversations"]:
        whole = {"sender_id": row["sender_id"], "made_at": row["last_event_at"], "expires_at": row["expires_at"]}
        marks.append({**whole, "reviewer": "anna" if len(marks) % 4 else "bert", "kind": "reviewed", "value": None})
        if len(marks) % 5 == 0:
            marks.append({**whole, "reviewer": "anna", "kind": "tag", "value": "unclear"})
    connection.execute(sa.insert(ReviewMark.__table__), marks)


def _ask(engine: Engine, address: str, repetitions: int) -> dict[str, list[float]]:
    """Return the milliseconds of each page, as often as it was asked for; the first time does not count."""
    client = _signed_in(engine, address)
    with engine.connect() as connection:
        index = IndexedConversation.__table__
        query = sa.select(index.c.started_at, index.c.reference, index.c.topics).where(index.c.topics != "")
        row = connection.execute(query.order_by(index.c.started_at.desc()).offset(5_000).limit(1)).first()
        row = row or connection.execute(query.limit(1)).one()
    today = datetime.datetime.now(datetime.timezone.utc).date()
    values = {
        "later": f"{row.started_at.isoformat()}~{row.reference}".replace("+", "%2B"),
        "topic": row.topics.split(",")[1],
        "since": today - datetime.timedelta(days=60),
        "until": today - datetime.timedelta(days=30),
    }
    times: dict[str, list[float]] = {page.name: [] for page in PAGES}
    # Round after round, so that a moment at which the machine was busy does not fall on one page alone.
    for turn in range(repetitions + 1):
        for page in PAGES:
            begun = time.perf_counter()
            answer = client.get(page.path.format(**values))
            spent = (time.perf_counter() - begun) * 1000
            if answer.status_code != 200:
                raise RuntimeError(f"the page '{page.name}' answered {answer.status_code}")
            if turn:
                times[page.name].append(spent)
    return times


def _signed_in(engine: Engine, address: str) -> FlaskClient:
    settings = ConsoleSettings.from_environment({"LUOTSI_DATABASE_URL": address, "LUOTSI_SECRET_KEY": "k" * 32})
    app = create_app(settings, engine, Documents(record=str, notice=str))
    now = datetime.datetime.now(datetime.timezone.utc)
    values = {
        "user_id": "bench",
        "roles": Role.TRAINER.value,
        "language": "fi",
        "password_hash": "!",
        "password_changed_at": now,
        "must_change_password": False,
        "totp_secret": "set up",
        "active": True,
        "created_at": now,
    }
    with engine.begin() as connection:
        staff_id = connection.execute(sa.insert(StaffMember.__table__).values(**values)).inserted_primary_key[0]
        token = open_session(connection, staff_id, now=now, longest=datetime.timedelta(hours=10), verified=True)
    client = app.test_client()
    client.set_cookie(COOKIE, token)
    return client


if __name__ == "__main__":
    sys.exit(main())
