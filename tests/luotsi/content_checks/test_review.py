from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from luotsi.content_checks.review import check_reviews
from tests.content.samples import gift_entries

REVIEWED = datetime.date(2026, 1, 1)


@pytest.mark.parametrize(
    ("volatile", "days", "kinds"),
    [
        (True, 90, []),
        (True, 91, ["volatile"]),
        (False, 91, []),
        (False, 365, []),
        (False, 366, ["stable"]),
    ],
)
def test_an_old_review_is_told(tmp_path: Path, volatile: bool, days: int, kinds: list[str]) -> None:
    entries = gift_entries(tmp_path, volatile=volatile, reviewed=REVIEWED)

    remarks = check_reviews(entries, today=REVIEWED + datetime.timedelta(days=days))

    assert [remark.kind for remark in remarks] == kinds


def test_the_remark_leads_to_the_day_of_the_review(tmp_path: Path) -> None:
    (entry,) = gift_entries(tmp_path, volatile=True, reviewed=REVIEWED)

    (remark,) = check_reviews([entry], today=datetime.date(2026, 4, 11))

    assert entry.path.read_text(encoding="utf-8").splitlines()[remark.line - 1].strip() == "reviewed: 2026-01-01"
    assert (remark.values["reviewed"], remark.values["days"]) == ("2026-01-01", "100")
