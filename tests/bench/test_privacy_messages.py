"""The marks of the evaluation messages, and the committed set itself."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from bench.privacy.messages import COMMITTED, KINDS, LABELS, Gold, Message, as_json, compile_marked, read

SET = read(COMMITTED)

# Digits and signs in words, as the disguised codes of the set have them.
DIGITS = (
    "nolla yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän",
    "zero one two three four five six seven eight nine",
)
WORDS = {word: str(value) for words in DIGITS for value, word in enumerate(words.split())}
WORDS |= dict.fromkeys(("miinus", "viiva", "minus", "dash"), "")
CODE = re.compile(r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]")


def compiled(source: str, *, kind: str = "natural") -> Message:
    return compile_marked(source, identifier="x", language="fi", kind=kind)


def plain(value: str) -> str:
    """Return the digits and letters that a code consists of, whatever it is written in; no code holds a letter o."""
    spelled = re.sub(r"[a-zä]+", lambda match: WORDS.get(match.group(), match.group()), value.casefold())
    kept = (c for c in unicodedata.normalize("NFKD", spelled).casefold().replace("o", "0") if c.isalnum())
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c.upper() for c in kept)


def individual_number(code: str) -> str | None:
    """Return the three digits that tell people of one birth date apart; None when only the date is given."""
    if len(code) <= 6:
        return code[:3] if len(code) in (3, 4) else None
    rest = code[6:]
    return (rest[1:] if rest[0] in "ABCDEFUVWXY" else rest)[:3]


def test_marks_become_spans_with_offsets() -> None:
    message = compiled("olen {PERSON|Aino Kettula}, asun {STREET_ADDRESS|Kuja 1, ‹00100 Helsinki›}\\nkiitos")
    assert message.text == "olen Aino Kettula, asun Kuja 1, 00100 Helsinki\nkiitos"
    assert message.spans == (Gold(5, 17, "PERSON"), Gold(24, 46, "STREET_ADDRESS", ((32, 46),)))


@pytest.mark.parametrize(
    ("source", "text"),
    [(r"a\u200bb", "a\u200bb"), (r"a\nb", "a\nb"), (r"\{a\} \‹b\› \\ \#", "{a} ‹b› \\ #"), ("a|b", "a|b")],
)
def test_escapes(source: str, text: str) -> None:
    assert compiled(source, kind="negative").text == text


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{PERSON|Aino", "is not closed"),
        ("{PERSON|Aino {URL|x}}", "does not fit there"),
        ("Aino}", "does not fit there"),
        ("{PERSON|‹Aino}", "does not fit there"),
        ("‹Aino›", "does not fit there"),
        ("{PERSONA|Aino}", "unknown label 'PERSONA'"),
        ("{PERSON|}", "lies outside"),
        ("{PERSON|Aino }", "ends with a space"),
        ("{PERSON|Ai\u200bno}", r"write it as \\u200b"),
        ("ei mitään", "a negative message has no marks"),
    ],
)
def test_a_bad_mark_is_refused(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compiled(source)


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "fi.txt"
    file.write_text("# a remark\n## natural\n\n{PERSON|Aino} hei\n{PERSON|Aino\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"fi\.txt:5: the mark"):
        read(file)


@pytest.mark.parametrize(("content", "message"), [("hei\n", "has to come first"), ("## odd\n", "unknown kind 'odd'")])
def test_every_message_needs_a_kind(content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "fi.txt"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read(file)


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ('[{"start": 0, "end": 3, "label": "URL"}, {"start": 2, "end": 4, "label": "URL"}]', "or in another one"),
        ('[{"start": 2, "end": 2, "label": "URL"}]', "lies outside the text"),
        ('[{"start": 3, "end": 9, "label": "URL"}]', "lies outside the text"),
        ('[{"start": 1, "end": 3, "label": "URL", "soft": [[2, 4]]}]', "a soft part of 'bc' lies outside it"),
        ('[{"start": 1, "end": 3, "label": "LINK"}]', "unknown label 'LINK'"),
    ],
)
def test_spans_that_make_no_sense_are_refused(spans: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(f'{{"id": "a", "lang": "fi", "kind": "x", "text": "abcd", "spans": {spans}}}', encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read(file)


@pytest.mark.parametrize(
    "line",
    [
        "not JSON",
        "[]",
        '{"id": "a", "lang": "fi", "kind": "natural", "spans": []}',
        '{"id": "a", "lang": "fi", "kind": "natural", "text": "x", "spans": [{"start": 0, "end": 2, "label": "URL"}]}',
        '{"id": "a", "lang": "sv", "kind": "negative", "text": "x", "spans": []}',
    ],
)
def test_a_bad_line_of_json_is_named(line: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"mine\.jsonl:2: "):
        read(file)


def test_the_set_survives_its_export(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text("\n".join(as_json(message) for message in SET), encoding="utf-8")
    assert read(file) == SET
    assert set(json.loads(file.read_text("utf-8").splitlines()[0])) == {"id", "lang", "text", "spans", "kind"}


def test_the_set_is_large_enough() -> None:
    assert len(SET) >= 660


def test_half_of_the_set_is_finnish() -> None:
    assert 0.48 <= sum(message.language == "fi" for message in SET) / len(SET) <= 0.52


@pytest.mark.parametrize("language", ["en", "fi"])
def test_a_third_of_the_set_is_harmless(language: str) -> None:
    own = [message for message in SET if message.language == language]
    assert sum(not message.spans for message in own) >= len(own) / 3


@pytest.mark.parametrize("language", ["en", "fi"])
def test_every_kind_and_label_occurs(language: str) -> None:
    own = [message for message in SET if message.language == language]
    assert {message.kind for message in own} == set(KINDS)
    counts = Counter(span.label for message in own for span in message.spans)
    assert all(counts[label] >= 3 for label in LABELS)
    assert counts.most_common(1)[0][0] == "PERSON"


def test_no_message_stands_twice() -> None:
    texts = Counter(message.text.casefold() for message in SET)
    assert [text for text, count in texts.items() if count > 1 and len(text) > 10] == []
    assert len({message.id for message in SET}) == len(SET)


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("131052-308T", "308"),
        ("131052A308T", "308"),
        ("１３１０５２－３０８Ｔ", "308"),
        ("٢٢٠٧٩٤-٤١٨H", "418"),
        ("13 1O 52 miinus kolme nolla kahdeksan T", "308"),
        ("131052-308", "308"),
        ("-308T", "308"),
        ("131052", None),
    ],
)
def test_the_individual_number_is_read_in_any_disguise(code: str, number: str | None) -> None:
    assert individual_number(plain(code)) == number


def test_identity_codes_belong_to_nobody() -> None:
    codes = [
        plain(message.text[span.start : span.end]).removeprefix("FI")
        for message in SET
        for span in message.spans
        if span.label == "FI_PERSONAL_IDENTITY_CODE"
        or (span.label == "EORI" and plain(message.text[span.start : span.end]).startswith("FI"))
    ]
    numbers = [number for code in codes if (number := individual_number(code)) is not None]
    assert [number for number in numbers if not number.startswith("9")] == []
    assert len(numbers) > 60


def test_no_identity_code_is_left_unmarked() -> None:
    for message in SET:
        for match in CODE.finditer(message.text):
            assert any(span.start <= match.start() and match.end() <= span.end for span in message.spans), message.id
