"""`luotsi demo-data`."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from luotsi.demo_data.conversations import Made

REFUSED, CANNOT_WRITE = 1, 2
MOST_CONVERSATIONS = 100_000
_BATCH = 50


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = "The conversations are made up. Their channel is called demo, so that they can be removed again."
    parser.add_argument("--conversations", type=int, default=200, metavar="N", help="how many (default 200)")
    parser.add_argument("--days", type=int, default=60, metavar="D", help="over how many past days (default 60)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same conversations (default 1)")
    parser.add_argument("--add", action="store_true", help="write into a database that holds other conversations")
    parser.add_argument("--remove", action="store_true", help="remove the demo conversations and all about them")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write or remove the demo conversations."""
    from sqlalchemy.exc import SQLAlchemyError

    from components.content.catalogue import ContentError
    from components.settings import SettingsError, database_url, retention
    from components.storage.database import migrate, open_database

    try:
        kept = retention(os.environ)
        if options.conversations not in range(1, MOST_CONVERSATIONS + 1) or options.days not in range(1, kept.days):
            return _refuse(
                f"Give 1 to {MOST_CONVERSATIONS} --conversations and 1 to {kept.days - 1} --days: conversations are "
                f"kept for {kept.days} days."
            )
        engine = open_database(database_url(os.environ))
        migrate(engine)
        if options.remove:
            print(f"Removed {remove(engine)} demo conversations.")
            return 0
        if not options.add and _others(engine):
            return _refuse(
                "The database holds conversations that are not made up. Nothing was written; --add writes beside them."
            )
        written = write(
            engine, conversations=options.conversations, days=options.days, seed=options.seed, retention=kept
        )
    except (SettingsError, ContentError) as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_WRITE
    except SQLAlchemyError as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        sys.stderr.write(f"The database cannot be written ({kind}).\n")
        return CANNOT_WRITE
    if not written:
        return _refuse("These conversations are there already. Choose another --seed, or --remove them first.")
    print(f"Wrote {written} made-up conversations (channel demo). `luotsi demo-data --remove` removes them.")
    return 0


def write(
    engine: Engine,
    *,
    conversations: int,
    days: int,
    seed: int,
    retention: datetime.timedelta,
    now: datetime.datetime | None = None,
) -> int:
    """Make conversations up, store and index them, and return how many: 0 when this seed's are there already.

    They end yesterday. Raises ContentError, and what the database raises.
    """
    import sqlalchemy as sa

    from components.storage.conversation_index import update
    from components.storage.models import Conversation

    moment = now or datetime.datetime.now(datetime.timezone.utc)
    made = list(_made(conversations, days, seed, moment))
    table = Conversation.__table__
    with engine.connect() as connection:
        if connection.execute(sa.select(table.c.sender_id).where(table.c.sender_id == made[0].sender_id)).first():
            return 0
    for first in range(0, len(made), _BATCH):
        with engine.begin() as connection:
            _store(connection, made[first : first + _BATCH], retention)
    update(engine, now=moment)
    return len(made)


def remove(engine: Engine) -> int:
    """Delete the demo conversations with everything about them, and return how many there were."""
    import sqlalchemy as sa

    from components.storage.models import Conversation, LabelCount
    from components.storage.rights import tables_of_a_conversation
    from luotsi.demo_data.conversations import CHANNEL

    conversations, counts = Conversation.__table__, LabelCount.__table__
    removed = 0
    query = sa.select(conversations.c.sender_id).where(conversations.c.channel == CHANNEL).limit(_BATCH)
    while True:
        with engine.begin() as connection:
            senders = list(connection.execute(query).scalars())
            for table in tables_of_a_conversation():
                connection.execute(sa.delete(table).where(table.c.sender_id.in_(senders)))
            if not senders:
                connection.execute(sa.delete(counts).where(counts.c.channel == CHANNEL))
                return removed
        removed += len(senders)


def _made(conversations: int, days: int, seed: int, now: datetime.datetime) -> Iterator[Made]:
    import yaml

    from components.content.catalogue import load_catalogue
    from luotsi.demo_data.conversations import Maker
    from luotsi.paths import FAQ, ROOT

    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    maker = Maker(load_catalogue(FAQ), domain["responses"], seed=seed)
    yesterday = now.date() - datetime.timedelta(days=1)
    for _ in range(conversations):
        yield maker.make(last=yesterday, days=days)


def _others(engine: Engine) -> bool:
    import sqlalchemy as sa

    from components.storage.models import Conversation
    from luotsi.demo_data.conversations import CHANNEL

    channel = Conversation.__table__.c.channel
    query = sa.select(sa.literal(1)).where(channel.is_distinct_from(CHANNEL)).limit(1)
    with engine.connect() as connection:
        return connection.execute(query.select_from(Conversation.__table__)).first() is not None


def _store(connection: Connection, made: list[Made], retention: datetime.timedelta) -> None:
    """Write conversations as the tracker store does."""
    import sqlalchemy as sa

    from components.storage.label_counts import add_label_counts, label_counts_of
    from components.storage.models import Conversation, Event, Feedback

    for one in made:
        rows = rows_of(one, retention)
        connection.execute(sa.insert(Conversation.__table__).values(**rows["conversations"][0]))
        for table in (Event.__table__, Feedback.__table__):
            if rows[table.name]:
                connection.execute(sa.insert(table), rows[table.name])
        masked = [(at, event["metadata"].get("masked")) for at, event in one.events if event["event"] == "user"]
        counts = label_counts_of(masked, channel=rows["conversations"][0]["channel"], language=one.language)
        add_label_counts(connection, counts)


def rows_of(made: Made, retention: datetime.timedelta) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a made-up conversation by table."""
    from components.storage.feedback import answer_id
    from components.storage.markings import markings
    from luotsi.demo_data.conversations import CHANNEL

    expires_at = made.started_at + retention
    own = {"sender_id": made.sender_id, "expires_at": expires_at}
    slots = {"language": made.language, "session_started_metadata": {"consented": False}}
    conversation = {
        **own,
        "channel": CHANNEL,
        "session_started_at": made.started_at,
        "last_event_at": made.events[-1][0],
        "state": json.dumps({"slots": slots, "active_loop": None, "paused": False}),
    }
    events = [
        {
            **own,
            "write_id": made.sender_id,
            "type_name": event["event"],
            "occurred_at": at,
            "data": json.dumps(event, ensure_ascii=False),
            **markings(event),
        }
        for at, event in made.events
    ]
    feedback = [
        {
            **own,
            "message_id": answer_id(at.timestamp()),
            "rating": rating,
            "comment": comment,
            "occurred_at": at + datetime.timedelta(seconds=12),
        }
        for at, rating, comment in made.ratings
    ]
    return {"conversations": [conversation], "events": events, "feedback": feedback}


def _refuse(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return REFUSED
