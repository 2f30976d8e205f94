from __future__ import annotations

import pytest

from components.content.names import agency_of, is_out_of_scope, is_topic


@pytest.mark.parametrize(
    ("intent", "agency"),
    [
        ("immigration_processing_fee", "immigration"),
        ("customs_gift", "customs"),
        ("customs", None),
        ("greet", None),
        ("out_of_scope_tax", None),
        ("my_customs_gift", None),
        ("", None),
        (None, None),
    ],
)
def test_a_topic_names_its_agency(intent: str | None, agency: str | None) -> None:
    assert agency_of(intent) == agency
    assert is_topic(intent) == (agency is not None)


@pytest.mark.parametrize(
    ("intent", "expected"),
    [
        ("out_of_scope", True),
        ("out_of_scope_tax", True),
        ("customs_gift", False),
        ("nlu_fallback", False),
        (None, False),
    ],
)
def test_matters_of_others_are_out_of_scope(intent: str | None, expected: bool) -> None:
    assert is_out_of_scope(intent) is expected
