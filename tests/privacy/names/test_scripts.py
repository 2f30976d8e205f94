import pytest

from components.privacy.names.features import tokens
from components.privacy.names.lexicon import lexicon
from components.privacy.names.scripts import foreign_names


def found(text: str) -> list[str]:
    spans = sorted({(start, end) for start, end, _ in foreign_names(text, tokens(text), lexicon())})
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("黄伟 eli minä", "黄伟"),
        ("ليلى الحسن on siskoni", "ليلى الحسن"),
        ("nimi Ольга Коваль, suomeksi Olha", "Ольга Коваль"),
        ("my passport says สมชาย", "สมชาย"),
        ("меня зовут марина и я жду", "марина и я"),
        ("我叫李娜,我的申请在哪里", "李娜"),
        ("اسمي كريم", "كريم"),
        ("Мой муж Сергей Петров ждёт решения по карте", "Сергей Петров"),
    ],
)
def test_a_name_in_another_script_is_found(text: str, name: str) -> None:
    assert name in found(text)


@pytest.mark.parametrize("text", ["Milloin saan päätöksen?", "Где находится ваш офис и как записаться на приём"])
def test_other_words_are_left(text: str) -> None:
    assert found(text) == []
