"""The trained assistant inside this process, for the commands that work offline."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

from luotsi.paths import MODELS


class NoModelError(RuntimeError):
    """There is no trained model yet."""


def newest_model() -> Path:
    """Return the newest trained model.

    Raises NoModelError when there is none.
    """
    models = sorted(MODELS.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not models:
        raise NoModelError("There is no trained model: run `luotsi train` first.")
    return models[-1]


class OfflineAssistant:
    """Parses and answers with the trained model; nothing is stored and no server is needed."""

    def __init__(self, model: Path | None = None) -> None:
        from luotsi.quiet import configure_logging

        configure_logging(logging.ERROR)
        from rasa.core.agent import Agent
        from rasa.utils.endpoints import EndpointConfig

        class InProcessActions(EndpointConfig):  # type: ignore[misc]
            """Runs the actions in this process instead of asking the action server."""

            def __init__(self) -> None:
                from rasa_sdk.executor import ActionExecutor

                super().__init__(url="in-process")
                self._executor = ActionExecutor()
                self._executor.register_package("actions")

            async def request(self, *_: Any, **arguments: Any) -> Any:
                result = await self._executor.run(json.loads(json.dumps(arguments["json"])))
                return result if isinstance(result, dict) else dict(result or {})

        self._agent = Agent.load(str(model or newest_model()), action_endpoint=InProcessActions())

    def parse(self, text: str) -> dict[str, Any]:
        """Return Rasa's parse of a text that has gone through the first gate."""
        from components.channels.gate import make_safe

        result: dict[str, Any] = asyncio.run(self._agent.parse_message(make_safe(text).text))
        return result

    def ask(self, text: str, *, language: str | None = None) -> list[dict[str, Any]]:
        """Return the messages with which a new conversation would answer."""
        from components.channels import gate
        from components.channels.answering import OPENING, Collector
        from components.channels.web import CHANNEL

        async def converse() -> list[dict[str, Any]]:
            output = Collector()
            common: dict[str, Any] = {"sender_id": "ask", "channel": CHANNEL}
            if language:
                opening = gate.command_message(
                    OPENING, output=Collector(), message_id=OPENING, language=language, **common
                )
                await self._agent.handle_message(opening)
            question = gate.user_message(gate.make_safe(text), output=output, message_id="question", **common)
            await self._agent.handle_message(question)
            return output.replies

        return asyncio.run(converse())
