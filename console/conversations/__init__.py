"""Finding conversations: the list with its filters, samples for the review, and figures."""

from console.conversations.views import area

__all__ = ["area"]
