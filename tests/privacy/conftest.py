"""What the tests of this package share."""

import pytest
from hypothesis import settings

settings.register_profile("privacy", deadline=None, derandomize=True)


@pytest.fixture(autouse=True)
def _no_deadline() -> None:
    settings.load_profile("privacy")
