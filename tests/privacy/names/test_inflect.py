import random

import pytest

from components.privacy.base_forms import base_forms
from components.privacy.names.training.inflect import CASES, inflect


@pytest.mark.parametrize(
    ("name", "finnish", "case", "expected"),
    [
        ("Virtanen", True, "all", "Virtaselle"),
        ("Pekka", True, "gen", "Pekan"),
        ("Pekka", True, "ill", "Pekkaan"),
        ("Lehto", True, "abl", "Lehdolta"),
        ("Heikki", True, "ade", "Heikillä"),
        ("Nguyen", False, "gen", "Nguyenin"),
        ("Fatima", False, "ela", "Fatimasta"),
        ("Ahmed Hassan", False, "all", "Ahmed Hassanille"),
        ("MATTI", True, "all", "MATILLE"),
    ],
)
def test_a_case_form_is_made(name: str, finnish: bool, case: str, expected: str) -> None:
    assert inflect(name, case, finnish=finnish, choice=random.Random(1)) == expected


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["Matti", "Korhonen", "Metsämäki", "Aalto", "Niemi", "Markus", "Tuomas", "Aino"])
def test_each_case_form_leads_back_to_the_name(name: str, case: str) -> None:
    assert name.lower() in base_forms(inflect(name, case, finnish=True, choice=random.Random(1)))
