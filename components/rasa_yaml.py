"""Rasa reads YAML in quadratic time; here the reader is mended.

ruamel.yaml 0.17.21 (Rasa 3.6 takes no newer one) keeps lists of tag resolvers by the first character of a plain scalar.
`VersionedResolver.resolve` adds those for every character to such a list, each time anew, so the lists grow with every
scalar that is read. Rasa always has one of them (for `${VARIABLE}`) and reads the domain of a model five times at
the start: with 160 topics that took two thirds of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ruamel.yaml.resolver import VersionedResolver

_original: property = vars(VersionedResolver)["versioned_resolver"]


class _Copies:
    """The lists of resolvers, handed out as copies that whoever asks may add to."""

    def __init__(self, lists: Mapping[str | None, list[Any]]) -> None:
        self._lists = lists

    def get(self, first: str | None, otherwise: list[Any]) -> list[Any]:
        """Return the resolvers for scalars that begin with a character, or those for all (None)."""
        return list(self._lists.get(first, otherwise))


def mend() -> None:
    """Let reading YAML take linear time in this process; doing it again changes nothing."""
    mended = property(lambda resolver: _Copies(_original.__get__(resolver)))
    setattr(VersionedResolver, "versioned_resolver", mended)  # noqa: B010 - a checker takes it for a method
