"""The pictures: complete, honest about what they show, readable by everybody, and safe to serve."""

from __future__ import annotations

import base64
import hashlib
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from components.privacy import anonymise
from components.statistics import plot
from components.statistics.processing_times import APPLICATIONS, ProcessingTimes, current, load
from components.statistics.texts import LANGUAGES

from .tables import ROW, write

SVG = "{http://www.w3.org/2000/svg}"
NOTICES = {
    "fi": "Esimerkkilukuja. Nämä eivät ole Maahanmuuttoviraston lukuja.",
    "en": "Example figures. They are not those of the Finnish Immigration Service.",
}


def drawn(times: ProcessingTimes, application: str = "citizenship", language: str = "fi") -> ElementTree.Element:
    return ElementTree.fromstring(plot.svg(times, application, language))


def words(picture: ElementTree.Element) -> str:
    return " ".join(text.text or "" for text in picture.iter(f"{SVG}text"))


@pytest.fixture
def published(tmp_path: Path) -> ProcessingTimes:
    return load(write(tmp_path))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("application", APPLICATIONS)
def test_every_picture_of_made_up_figures_says_so(application: str, language: str) -> None:
    picture = drawn(current(), application, language)

    assert NOTICES[language] in words(picture)
    assert NOTICES[language] in (picture.findtext(f"{SVG}desc") or "")
    assert (picture.findtext(f"{SVG}title") or "").startswith("Es" if language == "fi" else "Example")
    assert NOTICES[language] in plot.alt(current(), application, language)


def test_a_picture_of_real_figures_says_whose_they_are(published: ProcessingTimes) -> None:
    picture = drawn(published, language="en")

    assert "Model Authority, published 11/2026." in words(picture)
    assert "xample" not in words(picture) + plot.alt(published, "citizenship", "en")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "fi",
            "Käsittelyaika: Suomen kansalaisuus. Malliviranomainen, julkaistu 11/2026. Haettu 1/2024–6/2024, 500 "
            "päätöstä: neljäsosa päätöksistä tuli noin 7 kuukaudessa, puolet noin 10 kuukaudessa, kolme neljäsosaa "
            "noin 13 kuukaudessa ja yhdeksän kymmenestä noin 16 kuukaudessa.",
        ),
        (
            "en",
            "Processing time: Finnish citizenship. Model Authority, published 11/2026. Applied 1/2024–6/2024, 500 "
            "decisions: a quarter of the decisions came within about 7 months, half within about 10 months, three "
            "quarters within about 13 months and nine of ten within about 16 months.",
        ),
    ],
)
def test_the_words_tell_what_the_picture_shows(published: ProcessingTimes, language: str, expected: str) -> None:
    assert plot.alt(published, "citizenship", language) == expected
    picture = drawn(published, language=language)
    assert f"{picture.findtext(f'{SVG}title')}. {picture.findtext(f'{SVG}desc')}" == expected


def test_the_picture_is_announced_with_its_title_and_description(published: ProcessingTimes) -> None:
    picture = drawn(published, language="en")

    assert (picture.get("role"), picture.get("lang")) == ("img", "en")
    for attribute, name in (("aria-labelledby", "title"), ("aria-describedby", "desc")):
        (named,) = [element for element in picture.iter() if element.get("id") == picture.get(attribute)]
        assert named.tag == f"{SVG}{name}"


def test_the_figures_stand_in_the_picture_as_text(published: ProcessingTimes) -> None:
    shown = words(drawn(published))

    for expected in ("Haettu 1/2024–6/2024, 500 päätöstä", "puolet: 10 kk", "9/10: 16 kk", "kuukautta hakemuksesta"):
        assert expected in shown


def test_every_row_has_a_bar_whose_parts_are_in_proportion(tmp_path: Path) -> None:
    times = load(write(tmp_path, ROW, "citizenship,paper,2024-01,2024-06,20,100,200,300,400"))
    bars = [
        [float(number) for number in re.findall(r"[ML] ([\d.]+)", path.get("d") or "")]
        for path in drawn(times).iter(f"{SVG}path")
        if "--first" in (path.get("fill") or "") or "--fourth" in (path.get("fill") or "")
    ]
    widths = [max(bar) - min(bar) for bar in bars]

    assert len(widths) == 4
    assert widths[0] == pytest.approx(2 * widths[2], rel=1e-4)  # a quarter: 200 and 100 days
    assert widths[1] == pytest.approx(widths[3], rel=1e-4)  # from three quarters to nine of ten: 100 days each


def test_the_same_figures_give_the_same_bytes(published: ProcessingTimes) -> None:
    assert plot.svg(published, "citizenship", "fi") == plot.svg(published, "citizenship", "fi")
    assert b"202" not in re.sub(rb"\d/20\d\d", b"", plot.svg(published, "citizenship", "fi"))


def test_a_strict_policy_lets_the_whole_picture_through(published: ProcessingTimes) -> None:
    picture = drawn(published)
    (style,) = picture.iter(f"{SVG}style")

    assert f"'sha256-{base64.b64encode(hashlib.sha256((style.text or '').encode()).digest()).decode()}'" == (
        plot.STYLE_SOURCE
    )
    assert not [element for element in picture.iter() if "style" in element.attrib]
    assert not {element.tag for element in picture.iter()} & {f"{SVG}{tag}" for tag in ("script", "image", "a")}


def test_nothing_is_loaded_from_elsewhere(published: ProcessingTimes) -> None:
    content = plot.svg(published, "citizenship", "fi").decode()

    assert "DOCTYPE" not in content
    assert set(re.findall(r"https?://[^\"' ]+", content)) == {
        "http://www.w3.org/1999/xlink",
        "http://www.w3.org/2000/svg",
    }
    assert "@font-face" not in content


def test_colours_follow_the_readers_mode(published: ProcessingTimes) -> None:
    content = plot.svg(published, "citizenship", "fi").decode()
    light, dark = content.split("@media (prefers-color-scheme:dark)")

    fills = set(re.findall(r'(?:fill|stroke)="(?!none|url)([^"]+)"', dark))
    assert fills
    assert all(re.fullmatch(r"var\(--\w+, #[0-9a-f]{6}\)", fill) for fill in fills), fills
    for name in re.findall(r"var\(--(\w+)", " ".join(fills)):
        assert f"--{name}:#" in light
        assert f"--{name}:#" in dark


def _luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["text", "note"])
def test_text_has_enough_contrast(scheme: str, name: str) -> None:
    light, dark = plot.STYLE.split("@media")
    colours = dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", light if scheme == "light" else dark))
    brighter, darker = sorted((_luminance(colours[name]), _luminance(colours["ground"])), reverse=True)

    assert (brighter + 0.05) / (darker + 0.05) >= 7


@pytest.mark.parametrize(("longest", "axis"), [(20, "päivää"), (100, "viikkoa"), (101, "kuukautta")])
def test_the_axis_has_the_unit_that_people_use(tmp_path: Path, longest: int, axis: str) -> None:
    times = load(write(tmp_path, f"citizenship,online,2024-01,2024-06,500,1,2,3,{longest}"))

    assert f"{axis} hakemuksesta päätökseen" in words(drawn(times))


@pytest.mark.parametrize("days", ["0,0,0,0", "0,0,0,1", "5,5,5,5", "1000,1000,1000,1000"])
def test_unusual_figures_are_drawn(tmp_path: Path, days: str) -> None:
    times = load(write(tmp_path, f"citizenship,online,2024-01,2024-06,500,{days}"))

    assert "9/10" in words(drawn(times))


def test_a_foreign_publisher_cannot_break_the_picture(tmp_path: Path) -> None:
    path = write(tmp_path)
    description = path.with_suffix(".yml")
    description.write_text(description.read_text("utf-8").replace("Malliviranomainen", '"<b>&amp; $x$ Co"'), "utf-8")

    assert "<b>&amp; $x$ Co" in words(drawn(load(path)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("application", APPLICATIONS)
def test_nothing_in_the_words_looks_like_personal_data(application: str, language: str) -> None:
    alt = plot.alt(current(), application, language)

    assert anonymise(alt).text == alt
    assert anonymise(plot.address(application, language)).labels == ()
