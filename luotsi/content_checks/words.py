"""The remarks in words, from texts.<language>.yml."""

from __future__ import annotations

import functools
from pathlib import Path

import yaml
from pydantic import BaseModel, Extra

from luotsi.content_checks.remarks import Remark

_FOLDER = Path(__file__).parent


class _Kind(BaseModel):
    what: str
    mend: str

    class Config:
        extra = Extra.forbid


class _Check(BaseModel):
    name: str
    kinds: dict[str, _Kind]

    class Config:
        extra = Extra.forbid


def check_name(check: str, language: str) -> str:
    """Return the heading under which a check's remarks stand."""
    return _texts(language)[check].name


def what(remark: Remark, language: str) -> str:
    """Return what there is to look at."""
    return _texts(language)[remark.check].kinds[remark.kind].what.format_map(remark.values)


def mend(remark: Remark, language: str) -> str:
    """Return how to mend it."""
    return _texts(language)[remark.check].kinds[remark.kind].mend.format_map(remark.values)


def line(remark: Remark, language: str = "en") -> str:
    """Return `file:line: topic name: what; mend`, as the catalogue's errors are written."""
    topic = f"topic {remark.topic}: " if remark.topic else ""
    return f"{remark.path}:{remark.line}: {topic}{what(remark, language)}; {mend(remark, language)}"


@functools.cache
def _texts(language: str) -> dict[str, _Check]:
    raw = yaml.safe_load((_FOLDER / f"texts.{language}.yml").read_text(encoding="utf-8"))
    return {check: _Check.parse_obj(texts) for check, texts in raw.items()}
