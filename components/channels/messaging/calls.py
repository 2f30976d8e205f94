"""Calls to the programming interfaces of platforms: nothing but a status and a JSON object comes out of them."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import email.utils
import json
from typing import Any

import aiohttp

from components.channels.messaging.platform import TryAgainError

MAX_REPLY_BYTES = 64 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=20)


@dataclasses.dataclass(frozen=True)
class Reply:
    """What a platform answered.

    after: how many seconds the header Retry-After asks to wait (RFC 9110, 10.2.3).
    body: the JSON object of the answer; empty when there is none.
    """

    status: int
    after: float | None
    body: dict[str, Any]


async def post(
    session: aiohttp.ClientSession,
    url: str,
    *,
    headers: dict[str, str] | None = None,
    auth: aiohttp.BasicAuth | None = None,
    form: dict[str, str] | None = None,
    document: dict[str, Any] | None = None,
) -> Reply:
    """Post a form or a JSON document; a platform that cannot be reached raises TryAgainError.

    Redirects are not followed: they would carry secrets and addresses somewhere else.
    """
    try:
        async with session.post(
            url, headers=headers, auth=auth, data=form, json=document, timeout=_TIMEOUT, allow_redirects=False
        ) as answer:
            content = bytearray()
            async for chunk in answer.content.iter_chunked(8 * 1024):
                content += chunk
                if len(content) > MAX_REPLY_BYTES:
                    break
            return Reply(answer.status, _seconds(answer.headers.get("Retry-After")), _object(bytes(content)))
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
        # The error's text holds the address that was called, so it must not be the cause of what is raised.
        raise TryAgainError from None


def _object(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _seconds(header: str | None) -> float | None:
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header)
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - datetime.datetime.now(datetime.timezone.utc)).total_seconds())
