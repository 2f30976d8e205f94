"""The running products that the tests of this folder share."""

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


@pytest.fixture(scope="module")
def without_actions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Return a product without its action server, which tests may stop and start; each leaves it running."""
    running = Product(
        tmp_path_factory.mktemp("failures"), actions=False, environment={"LUOTSI_SESSION_MINUTES": "10080"}
    ).start()
    yield running
    running.stop()
