"""What the messaging channel needs of a platform, and how a platform says that something went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import aiohttp
from sanic.request import Request
from sanic.response import HTTPResponse

from components.channels.messaging.incoming import Incoming
from components.channels.messaging.rendering import Part, Rendering


class UnreadableUpdateError(ValueError):
    """A verified update that is not of the platform's shape; its text quotes nothing of it."""


class DeliveryError(Exception):
    """A message could not be delivered; its text holds neither an address nor words of the message."""


class TryAgainError(DeliveryError):
    """The platform is away or busy; `after` is how many seconds it asks to wait, or None."""

    def __init__(self, after: float | None = None) -> None:
        super().__init__("the platform did not take the message this time")
        self.after = after


class GoneError(DeliveryError):
    """The customer is not there any more: blocked, deleted or unknown; the address is forgotten."""

    def __init__(self) -> None:
        super().__init__("nobody is at the address any more")


class RefusedError(DeliveryError):
    """The platform will not take this message, now or later; `status` is its HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the platform refused the message (status {status})")
        self.status = status


class Platform(Protocol):
    """A messaging platform; one module each.

    No method logs anything or lets an exception of aiohttp out: both would hold addresses and secrets.
    """

    name: str
    limits: Rendering

    def verify(self, request: Request) -> bool:
        """Tell whether a request is the platform's own, comparing in constant time; nothing is read otherwise."""

    def parse(self, request: Request) -> list[Incoming]:
        """Return what customers did; empty for what needs no answer. Raises UnreadableUpdateError."""

    async def send(self, session: aiohttp.ClientSession, address: str, parts: Sequence[Part]) -> None:
        """Send the parts in order. Raises TryAgainError, GoneError or RefusedError.

        The channel gives one part at a time, so that a part that arrived is not sent again with the next one.
        """

    def acknowledge(self) -> HTTPResponse:
        """Return what the platform expects as the answer to an update."""


@runtime_checkable
class ConfirmsAddress(Protocol):
    """A platform that asks with GET whether the webhook is ours."""

    def confirm(self, request: Request) -> HTTPResponse | None:
        """Return the expected answer, or None (403) when the platform is not the one that asks."""


@runtime_checkable
class ShowsTyping(Protocol):
    """A platform that can show that an answer is being written; that it fails does not matter."""

    async def typing(self, session: aiohttp.ClientSession, address: str) -> None:
        """Show it to the customer at an address; raises DeliveryError at most."""


@runtime_checkable
class WantsReactions(Protocol):
    """A platform that wants something done about an update apart from the answer; that it fails does not matter."""

    async def react(self, session: aiohttp.ClientSession, request: Request) -> None:
        """Do it for a verified update; raises DeliveryError at most."""


@runtime_checkable
class LeavesGroups(Protocol):
    """A platform with groups, which are left after one refusal; that it fails does not matter."""

    async def leave(self, session: aiohttp.ClientSession, address: str) -> None:
        """Leave a group; raises DeliveryError at most."""
