"""A running console with conversations in it, a browser, and people who are signed in."""

from __future__ import annotations

import dataclasses
import datetime
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy.engine import Engine
from werkzeug.serving import make_server

from components.storage import collections, holds, practices, reviews, staff
from components.storage.models import IndexedMessage
from components.storage.staff import Role
from console.app import Documents, create_app
from console.settings import ConsoleSettings
from console.signing_in import passwords
from console.signing_in.sessions import COOKIE, open_session
from luotsi.commands import demo_data
from tests.storage.rows import new_database
from tests.widget.conftest import browser

__all__ = ["browser", "context", "page", "console"]

PASSWORD = "kolme hevosta niityllä yöllä"
RECORD = (
    "# Seloste\n\n## Tarkoitus\n\nPalvelu vastaa kysymyksiin.\n\n| Tieto | Aika |\n| --- | --- |\n| Viestit | 2 v |\n"
)
DAY = datetime.timedelta(days=1)
KEPT = 365 * DAY


@dataclasses.dataclass
class Console:
    """The running console; `people` are those whose pages are looked at, by role."""

    url: str
    engine: Engine
    app: Any

    def sign_in(self, context: BrowserContext, *roles: Role, language: str) -> None:
        """Give a browser the session of a person of its own with some roles."""
        name = "-".join(role.value.replace("_", "-") for role in roles) + f"-{language}"
        now = datetime.datetime.now(datetime.timezone.utc)
        with self.engine.begin() as connection:
            found = staff.find_account(connection, name)
            staff_id = found.id if found is not None else self.add_person(connection, name, roles, language)
            if found is None:
                staff.set_second_factor(connection, staff_id, secret="not used", step=0, recovery_codes=["a", "b"])
                self._add_work(connection, name, now)
            token = open_session(connection, staff_id, now=now, longest=DAY / 2, verified=True, browser="Chrome, Linux")
        context.add_cookies([{"name": COOKIE, "value": token, "url": self.url}])

    def add_person(self, connection: Any, name: str, roles: tuple[Role, ...], language: str) -> int:
        """Add an account with its own password and no second factor yet."""
        now = datetime.datetime.now(datetime.timezone.utc)
        hashed = passwords.hash_password(PASSWORD)
        staff_id = staff.add_account(connection, name, roles=roles, password_hash=hashed, language=language, now=now)
        staff.set_password(connection, staff_id, password_hash=hashed, now=now, chosen=True)
        return staff_id

    def _add_work(self, connection: Any, name: str, now: datetime.datetime) -> None:
        """Give a person something in each of their lists."""
        senders = conversations_of(connection)
        reviews.enqueue(connection, senders[:3], reviewer=name, added_by="kaisa", now=now)
        first = collections.find_all(connection, now=now)[0]
        case = collections.cases_of(connection, first.id, now=now)[0]
        practice = practices.start(connection, case, trainee=name, now=now)
        assert practice


def conversations_of(connection: Any) -> list[str]:
    """Return the sender ids of the conversations, always in the same order."""
    return list(connection.execute(sa.select(IndexedMessage.sender_id).distinct().order_by("sender_id")).scalars())


def first_message_of(connection: Any, sender: str) -> int:
    """Return the event of a customer's first message."""
    query = sa.select(sa.func.min(IndexedMessage.event_id)).where(IndexedMessage.sender_id == sender)
    return int(connection.execute(query).scalar_one())


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console on a free port, with conversations, marks, tasks, collections, practice results and a hold."""
    folder = tmp_path_factory.mktemp("console")
    settings = ConsoleSettings.from_environment(
        {
            "LUOTSI_DATABASE_URL": f"sqlite:///{folder / 'luotsi.sqlite'}",
            "LUOTSI_SECRET_KEY": "k" * 32,
            "LUOTSI_RETENTION_DAYS": str(KEPT.days),
            "LUOTSI_TRAINING_K": "3",
        }
    )
    engine = new_database(settings.database_url)
    _fill(engine)
    app = create_app(settings, engine, Documents(record=lambda language: RECORD, notice=lambda language: RECORD))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Console(f"http://127.0.0.1:{server.server_port}", engine, app)
    server.shutdown()
    thread.join(10)
    engine.dispose()


def _fill(engine: Engine) -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    demo_data.write(engine, conversations=80, days=25, seed=1, retention=KEPT)
    with engine.begin() as connection:
        senders = conversations_of(connection)
        event = first_message_of(connection, senders[0])
        later = now + 300 * DAY
        common = {"reviewer": "kaisa", "expires_at": later, "now": now}
        reviews.mark(connection, sender_id=senders[0], event_id=None, kind=reviews.REVIEWED, **common)
        reviews.mark(connection, sender_id=senders[0], event_id=None, kind=reviews.TAG, value="lahjat", **common)
        reviews.mark(
            connection, sender_id=senders[0], event_id=event, kind=reviews.WRONG, value="customs_gift", **common
        )
        reviews.add_task(
            connection,
            kind=reviews.EXAMPLE,
            text="pitääkö lahjasta maksaa",
            topic="customs_gift",
            language="fi",
            sender_id=senders[0],
            event_id=event,
            created_by="kaisa",
            expires_at=later,
            now=now,
        )
        made = collections.create(
            connection,
            title="Lahjat ja tulli",
            goal="Osaat kertoa, milloin lahja on tullivapaa.",
            theme="Tulli",
            language="fi",
            by="kaisa",
            now=now,
        )
        for place, sender in enumerate(senders[:2], start=1):
            collections.add_conversation(connection, made, sender, title=f"Tapaus {place}", by="kaisa", now=now)
        longest = holds.latest_end(connection, senders[5])
        assert longest is not None
        holds.make(connection, senders[5], reason="Kantelu on kesken.", until=longest, by="kaisa", now=now)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile at a desktop's width."""
    made = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce", locale="fi-FI")
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab."""
    return context.new_page()
