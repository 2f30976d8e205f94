"""Fills the technical log: one middleware for every route of the server, whichever channel it belongs to."""

from __future__ import annotations

import asyncio
import datetime

from sanic import Sanic
from sanic.request import Request
from sanic.response import BaseHTTPResponse
from sqlalchemy.engine import Engine

from components.storage.technical_log import BATCH_ROWS, AnsweredRequest, TechnicalLog

WRITE_SECONDS = 60.0
NO_ROUTE = "no route"


class RequestRecorder:
    """Notes every answered request of a server and writes the notes in the background, once a minute."""

    def __init__(self, engine: Engine, retention: datetime.timedelta) -> None:
        self._log = TechnicalLog(engine, retention)
        self._many_wait = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    def start(self, app: Sanic) -> None:
        """Begin to note what `app` answers, errors and unknown addresses included."""
        app.register_middleware(self._note, "response")
        self._writer = asyncio.get_running_loop().create_task(self._write_now_and_then())

    async def stop(self) -> None:
        """Write what is left; the server is about to end."""
        if self._writer is not None:
            self._writer.cancel()
        await asyncio.to_thread(self._log.write)

    def _note(self, request: Request, response: BaseHTTPResponse) -> None:
        # The pattern of the route, because a path or a query may hold anything.
        self._log.add(
            AnsweredRequest(
                occurred_at=datetime.datetime.now(datetime.timezone.utc),
                ip_address=request.remote_addr or request.ip,
                route=f"/{request.route.path}" if request.route is not None else NO_ROUTE,
                method=request.method,
                status=response.status,
                bytes=len(getattr(response, "body", None) or b""),  # a stream has no body to measure
            )
        )
        if self._log.waiting >= BATCH_ROWS:
            self._many_wait.set()

    async def _write_now_and_then(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._many_wait.wait(), WRITE_SECONDS)
            except asyncio.TimeoutError:
                pass
            self._many_wait.clear()
            if not await asyncio.to_thread(self._log.write):
                await asyncio.sleep(WRITE_SECONDS)
