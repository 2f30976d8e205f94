"""One transaction per request: what a view changes and the audit entry about it are kept together or not at all."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from flask import current_app, g
from sqlalchemy.engine import Connection, Engine


def engine() -> Engine:
    """Return the database of the running console."""
    found: Engine = current_app.extensions["luotsi_engine"]
    return found


def database() -> Connection:
    """Return the connection of this request, inside its transaction; nobody but the guard commits it."""
    if "connection" not in g:
        g.connection = engine().connect()
        g.transaction = g.connection.begin()
    connection: Connection = g.connection
    return connection


def finish(*, keep: bool) -> None:
    """End the request's transaction, if it has one."""
    connection = g.pop("connection", None)
    transaction = g.pop("transaction", None)
    if connection is None:
        return
    try:
        if keep:
            transaction.commit()
        else:
            transaction.rollback()
    except Exception:
        # SQLAlchemy would put the connection back into its pool with the transaction still open.
        connection.invalidate()
        raise
    finally:
        connection.close()
    for work in g.pop("afterwards", []) if keep else []:
        work()


def afterwards(work: Callable[[], None]) -> None:
    """Do something when the request's transaction has been kept, and nothing when it was not."""
    g.setdefault("afterwards", []).append(work)


def now() -> datetime.datetime:
    """Return the time of this request (UTC), the same for all that it writes."""
    if "now" not in g:
        g.now = clock()
    moment: datetime.datetime = g.now
    return moment


def clock() -> datetime.datetime:
    """Return the time now (UTC)."""
    return datetime.datetime.now(datetime.timezone.utc)
