"""What the guides for editors promise is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from components.content.catalogue import CatalogueEntry, load_catalogue, read_topics
from components.content.schema import Topic
from components.privacy import anonymise
from luotsi.cli import build_parser
from luotsi.content_checks.examples import check_examples
from luotsi.content_checks.links import check_links
from luotsi.content_checks.numbers import check_numbers
from luotsi.content_checks.readability import check_readability
from luotsi.content_checks.run import CHECKS

ROOT = Path(__file__).parents[2]
GUIDES = {
    language: (ROOT / "docs" / name).read_text("utf-8")
    for language, name in (("en", "editing.md"), ("fi", "editing.fi.md"))
}
TEMPLATE = ROOT / "docs" / "templates" / "topic.yml"
YAML_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)

each_guide = pytest.mark.parametrize("language", list(GUIDES))


@pytest.fixture
def template(tmp_path: Path) -> CatalogueEntry:
    folder = tmp_path / "customs"
    folder.mkdir()
    (folder / "gifts.yml").write_text(TEMPLATE.read_text("utf-8"), "utf-8")
    entries, problems = read_topics(tmp_path)
    assert [problem.message for problem in problems if "'follow_up' names" not in problem.message] == []
    (entry,) = entries
    return entry


def test_the_template_uses_every_field(template: CatalogueEntry) -> None:
    assert template.topic.__fields_set__ == set(Topic.__fields__)


def test_the_template_gets_no_remark(template: CatalogueEntry) -> None:
    checks = (check_examples, check_links, check_numbers, check_readability)

    assert [remark.kind for check in checks for remark in check([template])] == []


def test_the_template_fits_in_with_the_topics(template: CatalogueEntry) -> None:
    catalogue = load_catalogue(ROOT / "data" / "faq")
    taken = {example for entry in catalogue.values() for language in GUIDES for example in entry.examples(language)}

    assert template.name not in catalogue
    assert set(template.topic.follow_up) <= set(catalogue)
    assert (ROOT / "data" / "services" / f"{template.topic.service}.yml").is_file()
    assert {example for language in GUIDES for example in template.examples(language)} & taken == set()


@each_guide
def test_the_template_holds_no_personal_data(template: CatalogueEntry, language: str) -> None:
    assert [text for text in template.examples(language) if anonymise(text).text != text] == []


@each_guide
@pytest.mark.parametrize("field", Topic.__fields__)
def test_a_guide_explains_every_field(field: str, language: str) -> None:
    assert f"\n| `{field}` |" in GUIDES[language]


@each_guide
@pytest.mark.parametrize("check", CHECKS)
def test_a_guide_explains_every_check(check: str, language: str) -> None:
    texts = yaml.safe_load((ROOT / "luotsi" / "content_checks" / f"texts.{language}.yml").read_text("utf-8"))

    assert f"\n| {texts[check]['name']} |" in GUIDES[language]


@each_guide
def test_the_commands_of_a_guide_exist(language: str) -> None:
    commands = re.findall(r"(?:\.venv/bin/|`)luotsi ([^`\n#]+)", GUIDES[language])

    assert len(commands) >= 8
    for command in commands:
        build_parser().parse_args(shlex.split(command))


@each_guide
def test_the_files_of_a_guide_exist(language: str) -> None:
    named = re.findall(r"`((?:data|docs|tests)/[\w./]+)`", GUIDES[language])
    linked = re.findall(r"\]\((?!https:)([^)#]+)\)", GUIDES[language])

    assert [path for path in named if not (ROOT / path).exists()] == []
    assert [path for path in linked if not (ROOT / "docs" / path).exists()] == []


def test_both_guides_have_the_same_parts() -> None:
    shapes = [
        (
            re.findall(r"^(#+) ", guide, re.MULTILINE),
            guide.count("\n| "),
            guide.count("\n```"),
            YAML_BLOCK.findall(guide)[0],
        )
        for guide in GUIDES.values()
    ]

    assert shapes[0] == shapes[1]


@each_guide
def test_the_story_of_a_guide_stands_among_the_stories_that_are_trained(language: str) -> None:
    (story,) = yaml.safe_load(YAML_BLOCK.findall(GUIDES[language])[0])["stories"]
    trained = yaml.safe_load((ROOT / "data" / "stories" / "stories.yml").read_text("utf-8"))["stories"]

    assert story in trained


@each_guide
def test_the_conversation_of_a_guide_expects_what_the_topic_says(language: str) -> None:
    (dialogue,) = yaml.safe_load(YAML_BLOCK.findall(GUIDES[language])[1])
    asked, simpler = dialogue["turns"]
    topic = load_catalogue(ROOT / "data" / "faq")[asked["expect"]["offers"]]

    assert dialogue["language"] == language
    assert simpler["expect"]["contains"] in str(topic.plain(language))
    assert {key for turn in dialogue["turns"] for key in turn} == {"says", "expect"}
