"""Checks of what Luotsi claims about personal data, on the installation that is running."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path

import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Engine

from components.channels.notice import NOTICE_FILE
from components.privacy import ANONYMISER_VERSION, anonymise
from components.storage.database import open_database
from components.storage.models import Event
from components.storage.retention import Periods, alarms, preview
from luotsi.privacy_record.collect import Facts, RecordError, collect

_EVENTS = Event.__table__
_DELIVERED_ADDRESS = ".example"  # no real address ends so (RFC 2606)


@dataclasses.dataclass(frozen=True)
class Result:
    """A claim, whether it holds (None: that cannot be told), and what is wrong where it does not."""

    claim: str
    holds: bool | None
    trouble: str = ""


def check(environment: Mapping[str, str], *, root: Path, notice: Path = NOTICE_FILE) -> Iterator[Result]:
    """Yield the result of each check; without a safe configuration the first one is the only one."""
    claim = "The configuration is safe, and the record of processing can describe it"
    try:
        facts = collect(environment, root=root, notice=notice)
    except RecordError as error:
        yield Result(claim, False, str(error))
        return
    yield Result(claim, True)
    yield _controller(facts)
    yield _masking(facts)
    yield from _database(open_database(facts.settings.database_url), Periods.from_environment(environment))


def samples() -> dict[str, str]:
    """Return a text with a made-up piece of personal data for each kind."""
    found: dict[str, str] = yaml.safe_load(Path(__file__).with_name("samples.yml").read_text("utf-8"))
    return found


def _controller(facts: Facts) -> Result:
    file = facts.notice_file
    delivered = [
        email
        for email in (file.controller.email, file.data_protection_officer.email)
        if email.endswith(_DELIVERED_ADDRESS)
    ]
    trouble = f"{' and '.join(delivered)} in data/privacy/notice.yml stood there when it was delivered; put in your own"
    return _result("The notice names a controller and an officer who can be reached", not delivered, trouble)


def _masking(facts: Facts) -> Result:
    missed = [
        kind.label
        for kind in facts.kinds
        if kind.reason is None and kind.label not in anonymise(samples()[kind.label]).labels
    ]
    return _result(
        "A made-up piece of every kind of personal data that is looked for is found",
        not missed,
        f"missed: {', '.join(missed)}",
    )


def _database(engine: Engine, periods: Periods) -> Iterator[Result]:
    on_time = "Everything that has expired is deleted on time"
    within_period = "No row is kept for longer than the period that is set"
    scanned = f"Every stored event was masked by the anonymiser of now (version {ANONYMISER_VERSION})"
    try:
        ringing = alarms(engine)
        longer = preview(engine, periods=periods).shortened
        with engine.connect() as connection:
            old = connection.execute(_events_of_older_anonymisers()).scalar_one()
    except sa.exc.SQLAlchemyError as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        for claim in (on_time, within_period, scanned):
            yield Result(claim, None, f"the database cannot be asked ({kind})")
        return
    finally:
        engine.dispose()
    yield _result(on_time, not ringing, "; ".join(ringing))
    rows = ", ".join(f"{table} {count}" for table, count in sorted(longer.items()))
    yield _result(within_period, not longer, f"{rows}; `luotsi retention run --once` shortens them")
    yield _result(scanned, not old, f"{old} events were not; run `luotsi rescan`")


def _result(claim: str, holds: bool, trouble: str) -> Result:
    return Result(claim, holds, "" if holds else trouble)


def _events_of_older_anonymisers() -> sa.sql.Select:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        sa.select(sa.func.count())
        .select_from(_EVENTS)
        .where(_EVENTS.c.anonymiser_version < ANONYMISER_VERSION, _EVENTS.c.expires_at > now)
    )
