"""What must be true before a channel takes its first message: the server stops otherwise."""

from __future__ import annotations

import asyncio
import logging
import os
from asyncio import AbstractEventLoop
from typing import Any

from sanic import Blueprint, Sanic

from components.channels.technical_log import RequestRecorder
from components.privacy import install_log_filter
from components.settings import technical_log_retention
from components.storage.switches import Feature, Switches
from components.storage.tracker_store import SanitisedTrackerStore

logger = logging.getLogger(__name__)

# Each channel has a smaller limit of its own; this one keeps a flood of bytes out of the memory.
MAX_REQUEST_BYTES = 512 * 1024


class UnsafeStartError(RuntimeError):
    """The server would lose or leak what customers write; the message says why and how to mend it."""


def guard(routes: Blueprint) -> None:
    """Check the server that `routes` are attached to when it starts, install gate 4 and keep the technical log."""
    install_log_filter()

    @routes.listener("before_server_start")
    async def configure(app: Sanic, loop: AbstractEventLoop) -> None:
        app.config.REQUEST_MAX_SIZE = MAX_REQUEST_BYTES
        # Addresses belong into the technical log, which forgets them, and nowhere else.
        app.config.ACCESS_LOG = False

    @routes.listener("after_server_start")
    async def check(app: Sanic, loop: AbstractEventLoop) -> None:
        try:
            require_safe(app)
        except UnsafeStartError as error:
            logger.critical("Luotsi does not start. %s", error)
            app.stop()
        else:
            _keep_technical_log(app)

    @routes.listener("before_server_stop")
    async def write_what_waits(app: Sanic, loop: AbstractEventLoop) -> None:
        if _is_sanitised(app) and not store(app).flush():
            logger.critical("%d sanitised events could not be written before the end.", store(app).pending_events)
        recorder: RequestRecorder | None = getattr(app.ctx, "request_recorder", None)
        if recorder is not None:
            await recorder.stop()


def require_safe(app: Sanic) -> None:
    """Raise UnsafeStartError unless the model is loaded, our store is in use, and every channel is guarded."""
    agent = getattr(app.ctx, "agent", None)
    if agent is None or agent.processor is None:
        raise UnsafeStartError("No trained model is loaded: run `luotsi train` first.")
    if not _is_sanitised(app):
        raise UnsafeStartError(
            "The tracker store is not components.storage.tracker_store.SanitisedTrackerStore: correct `tracker_store` "
            "in endpoints.yml (Rasa falls back to memory when it cannot find a class)."
        )
    foreign = [
        channel.name() for channel in app.ctx.input_channels if not type(channel).__module__.startswith("components.")
    ]
    if foreign:
        raise UnsafeStartError(
            f"Channels without gate 1 are configured ({', '.join(foreign)}): remove them from credentials.yml."
        )
    if os.environ.get("RASA_TELEMETRY_ENABLED", "").lower() != "false":
        raise UnsafeStartError("Rasa's telemetry is on: set RASA_TELEMETRY_ENABLED=false.")


def _keep_technical_log(app: Sanic) -> None:
    # Each of our channels guards the server, which has one technical log.
    if not hasattr(app.ctx, "request_recorder"):
        app.ctx.request_recorder = RequestRecorder(store(app).engine, technical_log_retention(os.environ))
        app.ctx.request_recorder.start(app)


def is_ready(app: Sanic) -> bool:
    """Tell whether the server can answer."""
    try:
        require_safe(app)
    except UnsafeStartError:
        return False
    return True


def store(app: Sanic) -> SanitisedTrackerStore:
    """Return our store from inside Rasa's fail-safe wrapper."""
    inner: Any = app.ctx.agent.tracker_store._tracker_store
    if not isinstance(inner, SanitisedTrackerStore):
        raise UnsafeStartError("The tracker store is not Luotsi's own.")
    return inner


async def is_on(app: Sanic, feature: Feature) -> bool:
    """Tell whether staff let a feature be used; the database is asked in a thread, and seldom."""
    known = _switches(app)
    return known.is_on(feature) if known.is_fresh else await asyncio.to_thread(known.is_on, feature)


async def consent_mode(app: Sanic, usual: str) -> str:
    """Return the consent mode in force; `usual` is the one of the settings."""
    known = _switches(app)
    return known.consent_mode(usual) if known.is_fresh else await asyncio.to_thread(known.consent_mode, usual)


def _switches(app: Sanic) -> Switches:
    # One for the server, whose channels share the database.
    found: Switches | None = getattr(app.ctx, "switches", None)
    if found is None:
        found = app.ctx.switches = Switches(store(app).engine)
    return found


def _is_sanitised(app: Sanic) -> bool:
    agent = getattr(app.ctx, "agent", None)
    return isinstance(getattr(getattr(agent, "tracker_store", None), "_tracker_store", None), SanitisedTrackerStore)
