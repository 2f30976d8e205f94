"""One running product for all tests of this folder that do not need their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.service.product import Product


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Return the product, with its action server."""
    running = Product(tmp_path_factory.mktemp("product")).start()
    yield running
    running.stop()
