from __future__ import annotations

import ast
import string
from pathlib import Path
from typing import Any

import pytest
import yaml

import luotsi.content_checks
from luotsi.content_checks.links import Fault, faults
from luotsi.content_checks.remarks import Remark
from luotsi.content_checks.run import CHECKS
from luotsi.content_checks.words import check_name, line, mend, what

FOLDER = Path(luotsi.content_checks.__file__).parent
TEXTS: dict[str, Any] = {
    language: yaml.safe_load((FOLDER / f"texts.{language}.yml").read_text(encoding="utf-8"))
    for language in ("fi", "en")
}
KINDS = [(check, kind) for check, texts in TEXTS["en"].items() for kind in texts["kinds"]]


def _gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(("check", "kind"), KINDS)
def test_both_languages_say_a_remark_with_the_same_gaps(check: str, kind: str) -> None:
    finnish, english = (TEXTS[language][check]["kinds"][kind] for language in ("fi", "en"))

    assert {part: _gaps(text) for part, text in finnish.items()} == {
        part: _gaps(text) for part, text in english.items()
    }


def test_both_languages_have_the_words_of_every_check() -> None:
    for texts in TEXTS.values():
        assert set(texts) == set(CHECKS)
        assert [(check, kind) for check in TEXTS["en"] for kind in texts[check]["kinds"]] == KINDS


def test_no_remark_is_left_in_the_other_language() -> None:
    same = [
        kind
        for check, kind in KINDS
        if TEXTS["fi"][check]["kinds"][kind]["what"] == TEXTS["en"][check]["kinds"][kind]["what"]
    ]

    assert same == []


def test_every_fault_of_a_link_has_words() -> None:
    tree = ast.parse((FOLDER / "links.py").read_text(encoding="utf-8"))
    raised = {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == Fault.__name__
        and isinstance(node.args[0], ast.Constant)
    }

    assert raised == {kind.removesuffix("_mended") for kind in TEXTS["en"]["links"]["kinds"]}
    assert [fault.kind for fault in faults("https://tulli.fi/a.")] == ["punctuation"]


def test_a_remark_is_told_as_the_errors_are() -> None:
    remark = Remark("examples", "few_en", Path("a/b.yml"), 7, "customs_gift", {"count": "14", "enough": "16"})

    assert line(remark) == (
        "a/b.yml:7: topic customs_gift: only 14 English examples; write at least 16, each in different words"
    )


def test_a_remark_about_no_topic_names_none() -> None:
    assert line(Remark("coverage", "no_list", Path("a/topics.yml"), 1, None)).startswith("a/topics.yml:1: there is no")


def test_a_remark_is_told_in_finnish() -> None:
    remark = Remark("examples", "few_en", Path("a/b.yml"), 7, "customs_gift", {"count": "14", "enough": "16"})

    assert what(remark, "fi") == "vain 14 englanninkielistä esimerkkiä"
    assert mend(remark, "fi") == "kirjoita vähintään 16, jokainen eri sanoin"
    assert check_name("examples", "fi") == "Aiheet, joilla on vähän esimerkkejä"
