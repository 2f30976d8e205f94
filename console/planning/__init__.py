"""Planning the content: what customers ask, and what was not understood or badly answered."""

from console.planning.views import area

__all__ = ["area"]
