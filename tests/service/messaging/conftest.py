"""Products with messaging channels; one at a time, each with the local stand-ins of its platforms."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.service.product import Product

PUBLIC_URL = "https://chat.luotsi.example"


@contextlib.contextmanager
def messaging_product(
    folder: Path, *channels: str, environment: dict[str, str], actions: bool = True
) -> Iterator[Product]:
    """Run the product with channels of components.channels.messaging ("telegram.TelegramInput") beside the web."""
    credentials = folder / "credentials.yml"
    listed = ["components.channels.web.WebInput", *(f"components.channels.messaging.{name}" for name in channels)]
    credentials.write_text("".join(f"{name}:\n" for name in listed), "utf-8")
    running = Product(
        folder,
        environment={"LUOTSI_CREDENTIALS": str(credentials), "LUOTSI_PUBLIC_URL": PUBLIC_URL, **environment},
        actions=actions,
    )
    try:
        yield running.start()
    finally:
        running.stop()
