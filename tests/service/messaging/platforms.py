"""Local stand-ins for the programming interfaces of messaging platforms, and customers who write on them."""

from __future__ import annotations

import collections
import dataclasses
import http.server
import itertools
import json
import threading
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

from tests.service.product import Answer, request


@dataclasses.dataclass(frozen=True)
class Call:
    """One request that the product made."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        """Return the body as a form."""
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True))


@dataclasses.dataclass(frozen=True)
class Trouble:
    """What the stand-in answers instead of its usual answer; `seconds`: how long it hangs before that."""

    status: int
    body: dict[str, Any] = dataclasses.field(default_factory=dict)
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0


class FakePlatform:
    """An HTTP server that answers as a platform does and keeps what it was asked.

    A subclass says in `refusal` what is wrong with a call, as the real platform would refuse it, and in `usual` what
    the answer to a good one is. What was refused is in `refused`, and a test should find nothing there.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.refused: list[str] = []
        self._troubles: collections.deque[Trouble] = collections.deque()
        self._always: Trouble | None = None
        self._changed = threading.Condition()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                fake._answer(self)

            def do_POST(self) -> None:
                fake._answer(self)

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()

    def refusal(self, call: Call) -> tuple[int, str] | None:
        """Return status and reason when the platform would refuse a call, None when it is good."""
        raise NotImplementedError

    def usual(self, call: Call) -> dict[str, Any]:
        """Return the answer to a good call."""
        raise NotImplementedError

    def is_message(self, call: Call) -> bool:
        """Tell whether a call sends something that the customer reads; only such calls meet troubles."""
        raise NotImplementedError

    def next_answers(self, *troubles: Trouble) -> None:
        """Answer the next messages in this way, one each."""
        with self._changed:
            self._troubles.extend(troubles)

    def always_answer(self, trouble: Trouble | None) -> None:
        """Answer every message in this way until this is called with None."""
        with self._changed:
            self._always = trouble

    def wait_for(self, wanted: Callable[[list[Call]], bool], *, seconds: float = 30) -> list[Call]:
        """Wait until the good calls are as wanted and return them."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not wanted(self.calls):
                left = deadline - time.monotonic()
                assert left > 0, f"waited in vain; the calls were {[call.path[-20:] for call in self.calls]}"
                self._changed.wait(left)
            return list(self.calls)

    def _answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        call = Call(str(handler.command), handler.path, headers, body)
        refusal = self.refusal(call)
        with self._changed:
            trouble = None
            if refusal is None and self.is_message(call):
                trouble = self._troubles.popleft() if self._troubles else self._always
            if refusal is not None:
                self.refused.append(refusal[1])
                trouble = Trouble(refusal[0], {"ok": False, "description": refusal[1]})
        if trouble is not None and trouble.seconds:
            time.sleep(trouble.seconds)
        # Before it is noted as done: who waits for it may stop the product.
        content = json.dumps(trouble.body if trouble is not None else self.usual(call)).encode()
        try:
            handler.send_response(trouble.status if trouble is not None else 200)
            for name, value in (trouble.headers if trouble is not None else {}).items():
                handler.send_header(name, value)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)
        except OSError:
            handler.close_connection = True  # nobody waits any more
        with self._changed:
            if trouble is None:
                self.calls.append(call)
            self._changed.notify_all()


class FakeTelegram(FakePlatform):
    """The Bot API, as far as it is used, with the checks of https://core.telegram.org/bots/api."""

    token = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # noqa: S105 (the example of the documentation)
    secret = "a-secret_of-the-webhook"  # noqa: S105
    _methods = ("sendMessage", "sendChatAction", "answerCallbackQuery", "leaveChat")

    def environment(self) -> dict[str, str]:
        """Return the settings with which the product uses this server."""
        return {
            "LUOTSI_TELEGRAM_TOKEN": self.token,
            "LUOTSI_TELEGRAM_SECRET": self.secret,
            "LUOTSI_TELEGRAM_API": self.address,
        }

    def refusal(self, call: Call) -> tuple[int, str] | None:
        """Check a call."""
        prefix, _, method = call.path.rpartition("/")
        if prefix != f"/bot{self.token}":
            return 401, "Unauthorized"
        if call.method != "POST" or method not in self._methods:
            return 404, "Not Found"
        if call.headers.get("content-type") != "application/json":
            return 400, "Bad Request: no JSON"
        arguments = call.json
        if method == "answerCallbackQuery":
            return None if isinstance(arguments.get("callback_query_id"), str) else (400, "Bad Request: no query")
        if not isinstance(arguments.get("chat_id"), int):
            return 400, "Bad Request: chat_id is no number"
        if method == "sendChatAction":
            return None if arguments.get("action") == "typing" else (400, "Bad Request: no such action")
        if method == "sendMessage":
            return _unfit_message(arguments)
        return None

    def usual(self, call: Call) -> dict[str, Any]:
        """Answer as the Bot API does."""
        return {"ok": True, "result": {"message_id": 1} if self.is_message(call) else True}

    def is_message(self, call: Call) -> bool:
        """Tell whether it is sendMessage."""
        return call.path.endswith("/sendMessage")

    def sent_to(self, chat: int) -> list[dict[str, Any]]:
        """Return the messages that a chat got."""
        with self._changed:
            return [call.json for call in self.calls if self.is_message(call) and call.json["chat_id"] == chat]

    def methods_of(self, chat: int) -> list[str]:
        """Return the methods that were called for a chat, in order."""
        with self._changed:
            return [call.path.rpartition("/")[2] for call in self.calls if call.json.get("chat_id") == chat]


def _unfit_message(arguments: dict[str, Any]) -> tuple[int, str] | None:
    """Check text, markup and buttons of sendMessage."""
    if arguments.get("parse_mode") != "HTML" or arguments.get("link_preview_options") != {"is_disabled": True}:
        return 400, "Bad Request: other options than expected"
    try:
        shown = shown_text(arguments["text"])
    except ValueError as error:
        return 400, f"Bad Request: can't parse entities: {error}"
    if not 1 <= len(shown.encode("utf-16-le")) // 2 <= 4096:
        return 400, "Bad Request: message is too long or empty"
    rows = arguments.get("reply_markup", {}).get("inline_keyboard", [])
    for button in itertools.chain.from_iterable(rows):
        if not button["text"] or not 1 <= len(button["callback_data"].encode()) <= 64:
            return 400, "Bad Request: BUTTON_DATA_INVALID"
    return None


def shown_text(markup: str) -> str:
    """Return what a customer sees of Telegram's HTML; raises ValueError for what Telegram would not take."""
    import html.parser

    open_tags: list[str] = []
    shown: list[str] = []

    class Parser(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("a", "b"):
                raise ValueError(f"unsupported start tag {tag}")
            open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if not open_tags or open_tags.pop() != tag:
                raise ValueError(f"unexpected end tag {tag}")

        def handle_data(self, data: str) -> None:
            if "<" in data or ">" in data:
                raise ValueError("a sign is not escaped")
            shown.append(data)

        def handle_entityref(self, name: str) -> None:
            if name not in ("lt", "gt", "amp", "quot"):
                raise ValueError(f"unsupported entity {name}")
            shown.append({"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[name])

        def handle_charref(self, name: str) -> None:
            raise ValueError("unexpected numeric entity")

    parser = Parser(convert_charrefs=False)
    parser.feed(markup)
    parser.close()
    if open_tags:
        raise ValueError("a tag is not closed")
    return "".join(shown).strip()


class TelegramCustomer:
    """Somebody who writes to the bot: sends the updates that Telegram would send."""

    _numbers = itertools.count(9_100_001)
    _chats = itertools.count(700_300_101)

    def __init__(
        self,
        product_address: str,
        telegram: FakeTelegram,
        *,
        language: str | None = "fi",
        first_name: str = "Testi",
        last_name: str = "Kanarialainen",
        username: str = "testikanaria",
    ) -> None:
        self.chat = next(self._chats)
        self.telegram = telegram
        self._webhook = f"{product_address}/webhooks/telegram/webhook"
        self._sender: dict[str, Any] = {
            "id": self.chat,
            "is_bot": False,
            "first_name": first_name,
            "last_name": last_name,
            "username": username,
        }
        self._chat_object: dict[str, Any] = {
            "id": self.chat,
            "first_name": first_name,
            "last_name": last_name,
            "username": username,
            "type": "private",
        }
        if language is not None:
            self._sender["language_code"] = language
        self._seen = 0

    def deliver(self, update: dict[str, Any] | bytes, *, secret: str | None = None) -> Answer:
        """Send an update as Telegram does."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.telegram.secret if secret is None else secret}
        return request("POST", self._webhook, update, headers=headers)

    def update(self, **content: Any) -> dict[str, Any]:
        """Return a new update."""
        return {"update_id": next(self._numbers), **content}

    def message(self, **content: Any) -> dict[str, Any]:
        """Return a message object."""
        number = next(self._numbers)
        return {
            "message_id": number,
            "from": self._sender,
            "chat": self._chat_object,
            "date": int(time.time()),
            **content,
        }

    def pressed(self, button: dict[str, str], below: dict[str, Any]) -> dict[str, Any]:
        """Return the update of a pressed button of one of the bot's messages (as sendMessage got it)."""
        query = {
            "id": str(next(self._numbers)),
            "from": self._sender,
            "chat_instance": "-3141592653589793238",
            "message": {
                "message_id": next(self._numbers),
                "from": {"id": 110201543, "is_bot": True, "first_name": "Luotsi", "username": "luotsi_bot"},
                "chat": self._chat_object,
                "date": int(time.time()),
                "text": shown_text(below["text"]),
                "reply_markup": below["reply_markup"],
            },
            "data": button["callback_data"],
        }
        return self.update(callback_query=query)

    def send(self, update: dict[str, Any]) -> list[dict[str, Any]]:
        """Deliver an update and return the messages that were sent for it; the webhook answers after them."""
        answer = self.deliver(update)
        assert answer.status == 200, answer.status
        return self.received()

    def say(self, text: str) -> list[dict[str, Any]]:
        """Write a message and return what was answered, as the customer sees it."""
        return self.send(self.update(message=self.message(text=text)))

    def press(self, title: str) -> list[dict[str, Any]]:
        """Press a button of the latest message that has it and return what was answered."""
        for message in reversed(self.telegram.sent_to(self.chat)):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                if row[0]["text"] == title:
                    return self.send(self.pressed(row[0], message))
        raise AssertionError(f"there is no button {title!r}")

    def received(self) -> list[dict[str, Any]]:
        """Return the messages that came since the last time."""
        messages = self.telegram.sent_to(self.chat)
        new, self._seen = messages[self._seen :], len(messages)
        return [{**message, "shown": shown_text(message["text"])} for message in new]


def titles(message: dict[str, Any]) -> list[str]:
    """Return the titles of the buttons below a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]
