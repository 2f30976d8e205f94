"""A handout is masked more strictly, names who made it and when on every page, and is audited."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa
from fpdf import FPDF
from sqlalchemy.engine import Engine

from components.storage.collections import add_conversation
from components.storage.models import CollectionCase
from components.storage.references import reference_of
from components.storage.staff import Role
from tests.console.conftest import SignIn
from tests.storage.cases import OTHER, SENDER, add_spoken
from tests.storage.rows import DAY

from .conftest import QUESTION, REFERENCE, Made, audited, moment

MARK = re.compile(r"downloaded by trainer \d{4}-\d\d-\d\d \d\d:\d\d UTC")
KINDS = {"html": "text/html", "pdf": "application/pdf", "csv": "application/zip", "json": "application/json"}
SECRETS = ("12 345", "Zebrowska", "syöpä", REFERENCE, SENDER, reference_of(OTHER), OTHER)


@pytest.fixture
def telling(engine: Engine, made: Made) -> Made:
    """A collection with messages that gates let pass and that still may lead to somebody."""
    said = [
        ("customer", "juristini Zebrowska sanoi että päätös 12 345 tuli", None),
        ("assistant", "Katso **päätös** [sivulta](https://migri.fi/).", None),
        ("customer", "minulla on syöpä", None),
        ("customer", "-2+3+cmd|' /C calc'!A0", None),
    ]
    with engine.begin() as connection:
        add_spoken(connection, OTHER, start=moment() - DAY, period=5 * DAY, said=said)
        add_conversation(connection, made.collection, OTHER, title="+case", by="anna", now=moment())
    return made


def download(sign_in: SignIn, made: Made, kind: str) -> bytes:
    client = sign_in(Role.TRAINER, user_id="trainer")
    response = client.post(f"/collections/{made.collection}/hand-out", data={"kind": kind})
    assert response.status_code == 200
    assert response.mimetype == KINDS[kind]
    assert response.headers["Content-Disposition"].startswith('attachment; filename="luotsi-collection-')
    assert response.headers["Cache-Control"] == "no-store"
    return bytes(response.data)


def tables(data: bytes) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig")), delimiter=";"))
            for name in archive.namelist()
        }


def test_json_has_everything_that_teaches_and_nothing_that_leads_back(sign_in: SignIn, telling: Made) -> None:
    text = download(sign_in, telling, "json").decode()
    found = json.loads(text)

    assert [case["title"] for case in found["cases"]] == ["A fee", "Written", "+case"]
    assert found["cases"][0]["messages"][0] == {"speaker": "customer", "text": QUESTION}
    assert found["cases"][2]["messages"][1]["text"] == "Katso päätös sivulta (https://migri.fi/)."
    assert found["cases"][0]["model_answer"] == "Name the fee first."
    assert found["cases"][1]["delete_by"] is None
    assert found["delete_by"] == found["cases"][2]["delete_by"]
    assert found["exported"]["by"] == "trainer"
    assert MARK.search(found["exported"]["mark"])
    assert [secret for secret in SECRETS if secret in text] == []


def test_a_question_that_quotes_the_customer_is_masked_as_strictly(
    sign_in: SignIn, telling: Made, engine: Engine
) -> None:
    questions = "Mitä juristini Zebrowska sanoi että päätös 12 345 tuli tarkoittaa?\nPaljonko 12 345 on?"
    with engine.begin() as connection:
        cases = CollectionCase.__table__
        quoting = sa.update(cases).where(cases.c.title == "+case").values(title="minulla on syöpä", questions=questions)
        connection.execute(quoting)

    case = json.loads(download(sign_in, telling, "json"))["cases"][2]

    assert case["title"] == "[WITHHELD]"
    assert "Zebrowska" not in case["questions"] and case["questions"].endswith("\nPaljonko 12 345 on?")


def test_csv_has_a_row_for_each_case_and_message_and_no_formula(sign_in: SignIn, telling: Made) -> None:
    found = tables(download(sign_in, telling, "csv"))

    assert [row["title"] for row in found["cases.csv"]] == ["A fee", "Written", "'+case"]
    assert found["cases.csv"][0]["questions"].startswith("'=What")
    assert len(found["messages.csv"]) == 4 + 3 + 4
    rows = [row for table in found.values() for row in table]
    assert {row["exported_by"] for row in rows} == {"trainer"}
    assert all(row["exported_at"].startswith("20") for row in rows)
    assert not [cell for row in rows for cell in row.values() if cell.lstrip().startswith(("=", "+", "-", "@"))]
    assert [secret for secret in SECRETS if secret in str(rows)] == []


def test_the_page_stands_alone_and_is_marked_with_every_case(sign_in: SignIn, telling: Made) -> None:
    text = download(sign_in, telling, "html").decode()

    assert len(MARK.findall(text)) == 2 + 3
    assert QUESTION in text
    assert "<script" not in text
    assert not re.search(r"(?:src|href)=", text)
    assert [secret for secret in SECRETS if secret in text] == []


def test_every_page_of_the_pdf_is_marked(
    sign_in: SignIn, telling: Made, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.begin() as connection:
        for number in range(6):
            add_conversation(connection, telling.collection, OTHER, title=f"{number}", by="anna", now=moment())
    printed: list[tuple[int, str]] = []
    cell = FPDF.cell

    def watched(page: FPDF, *arguments: Any, **options: Any) -> Any:
        printed.append((page.page_no(), str(arguments[2])))
        return cell(page, *arguments, **options)

    monkeypatch.setattr(FPDF, "cell", watched)

    data = download(sign_in, telling, "pdf")

    pages = len(re.findall(rb"/Type /Page\b", data))
    assert data.startswith(b"%PDF-")
    assert pages > 1
    assert Counter(page for page, text in printed if MARK.search(text)) == {page + 1: 2 for page in range(pages)}


def test_a_download_is_audited_with_its_kind_and_size_and_its_conversations(
    sign_in: SignIn, made: Made, engine: Engine
) -> None:
    download(sign_in, made, "json")
    assert audited(engine)[-2:] == [
        ("collection.exported", f"collection:{made.collection}", '{"cases": 2, "format": "json"}'),
        ("conversation.exported", REFERENCE, f'{{"collection": {made.collection}}}'),
    ]


def test_a_kind_that_there_is_not_is_refused(sign_in: SignIn, made: Made, engine: Engine) -> None:
    client = sign_in(Role.TRAINER)
    assert client.post(f"/collections/{made.collection}/hand-out", data={"kind": "exe"}).status_code == 400
    assert "collection.exported" not in {action for action, _, _ in audited(engine)}


def test_looking_changes_nothing(sign_in: SignIn, made: Made, engine: Engine) -> None:
    page = sign_in(Role.TRAINER, user_id="trainer").get(f"/collections/{made.collection}/hand-out").text
    assert "trainer" in page
    assert "collection.exported" not in {action for action, _, _ in audited(engine)}


def test_an_empty_collection_is_not_handed_out(sign_in: SignIn, engine: Engine) -> None:
    client = sign_in(Role.TRAINER)
    client.post("/collections/new", data={"title": "Empty", "language": "en"})

    page = client.post("/collections/1/hand-out", data={"kind": "csv"}, follow_redirects=True)

    assert "nothing to hand out" in page.text
    assert "collection.exported" not in {action for action, _, _ in audited(engine)}
