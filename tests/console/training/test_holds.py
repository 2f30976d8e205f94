"""A privacy officer keeps a conversation for longer, for a reason, within two years; nobody else does."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage.models import Conversation, Hold
from components.storage.staff import Role
from console.settings import ConsoleSettings
from tests.console.conftest import SignIn
from tests.storage.rows import DAY

from .conftest import audited, moment


@pytest.fixture
def settings(tmp_path: Path) -> ConsoleSettings:
    """The settings of a service whose term is 22 days."""
    return ConsoleSettings.from_environment(
        {
            "LUOTSI_DATABASE_URL": f"sqlite:///{tmp_path / 'luotsi.sqlite'}",
            "LUOTSI_SECRET_KEY": "k" * 32,
            "LUOTSI_RETENTION_DAYS": "22",
        }
    )


def data(reference: str, days: int = 100, **values: str) -> dict[str, str]:
    until = (moment() + days * DAY).date().isoformat()
    return {"reference": reference, "reason": "A complaint 010190-987N is open", "until": until, **values}


def expiry(engine: Engine) -> datetime.datetime:
    with engine.connect() as connection:
        found: datetime.datetime = connection.execute(sa.select(Conversation.expires_at)).scalar_one()
        return found


def holds(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(Hold.__table__)).scalar_one())


def test_an_officer_holds_and_releases_a_conversation(sign_in: SignIn, engine: Engine, stored: str) -> None:
    client = sign_in(Role.PRIVACY_OFFICER)
    ordinary = expiry(engine)

    page = client.post("/holds", data=data(stored), follow_redirects=True).text

    assert stored in page
    assert "A complaint" in page
    assert "010190-987N" not in page
    assert abs(expiry(engine) - (moment() + 100 * DAY)) < 2 * DAY
    client.post("/holds/1/release")
    assert expiry(engine) == ordinary
    assert holds(engine) == 0
    noted = [(action, target) for action, target, _ in audited(engine)]
    assert ("conversation.held", stored) in noted
    assert ("conversation.released", stored) in noted
    assert "complaint" not in str(audited(engine))


@pytest.mark.parametrize(
    ("days", "error"), [(725, "at most 730 days from its start"), (5, "is kept until"), (12, "is kept until")]
)
def test_a_day_outside_the_limits_is_refused_with_the_reason(
    sign_in: SignIn, engine: Engine, stored: str, days: int, error: str
) -> None:
    refused = sign_in(Role.PRIVACY_OFFICER).post("/holds", data=data(stored, days))

    assert refused.status_code == 422
    assert error in refused.text
    assert "A complaint" in refused.text
    assert holds(engine) == 0
    assert "conversation.held" not in {action for action, _, _ in audited(engine)}


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"reason": " "}, "Write why"),
        ({"until": ""}, "Choose a day"),
        ({"until": "soon"}, "cannot be read"),
        ({"until": "9999-12-31"}, "at most 730 days"),
        ({"until": "0001-01-01"}, ""),
        ({"reference": "BBBB-BBBB-BBBB"}, "No stored conversation"),
        ({"reference": ""}, "Write the reference"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(
    sign_in: SignIn, engine: Engine, stored: str, values: dict[str, str], error: str
) -> None:
    refused = sign_in(Role.PRIVACY_OFFICER).post("/holds", data={**data(stored), **values})
    assert refused.status_code == 422
    assert error in refused.text
    assert holds(engine) == 0


def test_a_conversation_is_held_once(sign_in: SignIn, engine: Engine, stored: str) -> None:
    client = sign_in(Role.PRIVACY_OFFICER)
    client.post("/holds", data=data(stored))
    refused = client.post("/holds", data=data(stored, 200))
    assert refused.status_code == 422
    assert "release it first" in refused.text
    assert holds(engine) == 1


@pytest.mark.parametrize("role", [Role.AGENT, Role.TRAINER, Role.EDITOR, Role.ADMINISTRATOR])
def test_nobody_else_holds_anything(sign_in: SignIn, engine: Engine, stored: str, role: Role) -> None:
    client = sign_in(role)
    assert client.get("/holds").status_code == 403
    assert client.post("/holds", data=data(stored)).status_code == 403
    assert client.post("/holds/1/release").status_code == 403
    assert holds(engine) == 0


def test_what_is_not_held_is_not_released(sign_in: SignIn) -> None:
    assert sign_in(Role.PRIVACY_OFFICER).post("/holds/1/release").status_code == 404
