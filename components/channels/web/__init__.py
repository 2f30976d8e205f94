"""The web channel: the chat page and its protocol (docs/protocol.md)."""

from components.channels.web.channel import PREFIX, WebInput
from components.channels.web.conversations import CHANNEL

__all__ = ["CHANNEL", "PREFIX", "WebInput"]
