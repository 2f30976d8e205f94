"""Kept for those who import the topics from here."""

from console.topics import title_of, topics

__all__ = ["title_of", "topics"]
