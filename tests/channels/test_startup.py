"""The server refuses to run when what customers write would be lost or leaked."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rasa.core.channels.rest import RestInput
from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore
from rasa.shared.core.domain import Domain

from components.channels import startup
from components.channels.web import WebInput
from components.settings import Settings
from components.storage.tracker_store import SanitisedTrackerStore

ENVIRONMENT = {"RASA_TELEMETRY_ENABLED": "false", "LUOTSI_SECRET_KEY": "k" * 32}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment({**ENVIRONMENT, "LUOTSI_DATABASE_URL": f"sqlite:///{tmp_path / 'x.sqlite'}"})
    store = FailSafeTrackerStore(SanitisedTrackerStore(Domain.empty(), settings=settings))
    agent = SimpleNamespace(tracker_store=store, processor=object())
    return SimpleNamespace(ctx=SimpleNamespace(agent=agent, input_channels=[WebInput(settings)]))


def test_a_safe_server_is_ready(app: Any) -> None:
    startup.require_safe(app)
    assert startup.is_ready(app)


def test_rasas_store_in_memory_is_refused(app: Any) -> None:
    app.ctx.agent.tracker_store = FailSafeTrackerStore(InMemoryTrackerStore(Domain.empty()))
    with pytest.raises(startup.UnsafeStartError, match=r"endpoints\.yml"):
        startup.require_safe(app)
    with pytest.raises(startup.UnsafeStartError):
        startup.store(app)


def test_an_unguarded_channel_is_refused(app: Any) -> None:
    app.ctx.input_channels.append(RestInput())
    with pytest.raises(startup.UnsafeStartError, match=r"rest.*credentials\.yml"):
        startup.require_safe(app)


def test_a_server_without_model_is_not_ready(app: Any) -> None:
    app.ctx.agent.processor = None
    assert not startup.is_ready(app)
    with pytest.raises(startup.UnsafeStartError, match="luotsi train"):
        startup.require_safe(app)


def test_telemetry_is_refused(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASA_TELEMETRY_ENABLED", "true")
    with pytest.raises(startup.UnsafeStartError, match="RASA_TELEMETRY_ENABLED"):
        startup.require_safe(app)
