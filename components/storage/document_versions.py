"""Versions of the documents about the processing of personal data, as they were in force."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from components.storage.models import DocumentVersion

_VERSIONS = DocumentVersion.__table__


@dataclasses.dataclass(frozen=True)
class Version:
    """A version of a document and when it was first seen (UTC)."""

    id: int
    kind: str
    made_at: datetime.datetime
    text: str


def keep(connection: Connection, kind: str, text: str, *, now: datetime.datetime) -> bool:
    """Keep a document unless the newest version says the same; return whether it was kept.

    kind: names the document and its language, for example "record fi".
    """
    digest = hashlib.sha256(text.encode()).hexdigest()
    newest = sa.select(_VERSIONS.c.digest).where(_VERSIONS.c.kind == kind).order_by(_VERSIONS.c.id.desc()).limit(1)
    if connection.execute(newest).scalar() == digest:
        return False
    connection.execute(sa.insert(_VERSIONS).values(kind=kind, made_at=now, digest=digest, text=text))
    return True


def versions(connection: Connection, kind: str) -> list[Version]:
    """Return every version of a document, newest first."""
    query = sa.select(_VERSIONS).where(_VERSIONS.c.kind == kind).order_by(_VERSIONS.c.id.desc())
    return [Version(row.id, row.kind, row.made_at, row.text) for row in connection.execute(query)]
