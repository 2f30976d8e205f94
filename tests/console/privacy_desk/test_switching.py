"""Switches: turned with a reason, noted, and honoured by what the service reads."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.settings import QueueLimits
from components.storage import queue_guard
from components.storage.models import AuditEntry
from components.storage.staff import Role
from components.storage.switches import Feature, Switches
from tests.console.conftest import SignIn


def newest(engine: Engine) -> tuple[str, str, str | None, dict[str, object]]:
    query = sa.select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(query).one()
    return row.actor, row.action, row.target, json.loads(row.details)


@pytest.mark.parametrize("feature", Feature)
def test_a_feature_is_switched_off_and_on(sign_in: SignIn, engine: Engine, feature: Feature) -> None:
    client = sign_in(Role.PRIVACY_OFFICER, user_id="vilma")
    address = f"/privacy/switches/{feature.value}"

    answer = client.post(address, data={"value": "off", "reason": "wrong figures"})

    assert answer.status_code == 302
    assert not Switches(engine).is_on(feature)
    noted = {"value": "off", "before": "on", "reason": "wrong figures"}
    assert newest(engine) == ("vilma", "switch.turned", f"switch:{feature.value}", noted)
    page = client.get("/privacy/switches").text
    assert "out of use" in page
    assert "vilma: wrong figures" in page

    client.post(address, data={"value": "on", "reason": "mended"})
    assert Switches(engine).is_on(feature)


def test_consent_is_switched(sign_in: SignIn, engine: Engine) -> None:
    client = sign_in(Role.PRIVACY_OFFICER)
    client.post("/privacy/switches/consent", data={"value": "opt-in", "reason": "a pilot"})
    assert Switches(engine).consent_mode("notice") == "opt-in"

    client.post("/privacy/switches/consent", data={"value": "as set", "reason": "the pilot ended"})
    assert Switches(engine).consent_mode("notice") == "notice"


def test_the_queue_position_goes_through_its_own_guard(sign_in: SignIn, engine: Engine) -> None:
    client = sign_in(Role.PRIVACY_OFFICER, user_id="vilma")
    client.post("/privacy/switches/queue_position", data={"value": "off", "reason": "somebody counts cases"})

    status = queue_guard.status(engine, QueueLimits())
    assert status.by_staff
    assert (status.switches[0].changed_by, status.switches[0].reason) == ("vilma", "somebody counts cases")
    assert newest(engine)[1:3] == ("switch.turned", "switch:queue_position")
    assert "vilma: somebody counts cases" in client.get("/privacy/switches").text

    client.post("/privacy/switches/queue_position", data={"value": "on", "reason": "it is over"})
    assert not queue_guard.status(engine, QueueLimits()).by_staff


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"value": "off", "reason": " "}, "Write the reason"),
        ({"value": "off", "reason": "x" * 81}, "81 characters"),
        ({"value": "sideways", "reason": "a reason"}, ""),
    ],
)
@pytest.mark.parametrize("name", ["service", "queue_position"])
def test_what_makes_no_sense_changes_nothing(
    sign_in: SignIn, engine: Engine, name: str, form: dict[str, str], words: str
) -> None:
    answer = sign_in(Role.PRIVACY_OFFICER).post(f"/privacy/switches/{name}", data=form)

    assert answer.status_code == 422
    assert words in answer.text
    assert Switches(engine).is_on(Feature.SERVICE)
    assert not queue_guard.status(engine, QueueLimits()).by_staff


def test_a_switch_that_does_not_exist_is_not_found(sign_in: SignIn) -> None:
    client = sign_in(Role.PRIVACY_OFFICER)

    assert client.get("/privacy/switches/nothing").status_code == 404
    assert client.post("/privacy/switches/nothing", data={"value": "off", "reason": "x"}).status_code == 404


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PRIVACY_OFFICER}))
def test_nobody_else_turns_a_switch(sign_in: SignIn, engine: Engine, role: Role) -> None:
    answer = sign_in(role).post("/privacy/switches/service", data={"value": "off", "reason": "x"})

    assert answer.status_code == 403
    assert Switches(engine).is_on(Feature.SERVICE)
