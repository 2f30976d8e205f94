"""Alembic's entry point: it works on the connection that components.storage.database hands over."""

from __future__ import annotations

from alembic import context

from components.storage.models import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
