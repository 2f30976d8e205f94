"""The page itself: one HTML file that needs nothing beside it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
import yaml

from components.content.catalogue import CatalogueEntry
from components.content.names import OUT_OF_SCOPE, is_topic
from components.content.schema import LANGUAGES
from luotsi.content_checks import words
from luotsi.content_checks.remarks import Remark
from luotsi.content_checks.run import CHECKS
from luotsi.content_report import plots
from luotsi.content_report.figures import confusions, mistakes, recalls
from luotsi.evaluation import Outcome, expected_calibration_error, figures, reliability
from luotsi.paths import ROOT

# A table of hundreds of rows is no help; the examples themselves are all in the list that follows it.
MOST_CONFUSIONS = 40

_FOLDER = Path(__file__).parent
_MEASURES = ("top_1", "top_3", "answered", "confidently_wrong", "wrongly_refused", "refused")


@dataclasses.dataclass(frozen=True)
class Report:
    """What the page tells: the content, the remarks about it and, when there was time, the cross-validation."""

    made_at: datetime.datetime
    entries: tuple[CatalogueEntry, ...]
    remarks: tuple[Remark, ...]
    outcomes: tuple[Outcome, ...] | None = None


def html(report: Report, language: str) -> str:
    """Return the page in Finnish or English."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    texts = _texts(language)
    environment.filters["percent"] = lambda share: _percent(share, texts)
    titles = {entry.name: entry.title(language) for entry in report.entries}
    return environment.get_template("report.html").render(
        t=texts,
        language=language,
        languages=LANGUAGES,
        made_on=report.made_at.strftime(texts["date"]),
        made_at=report.made_at.isoformat(timespec="minutes"),
        title=lambda name: titles.get(name) or texts["no_topic"].get(name, name),
        content=_content(report.entries, texts),
        remarks=_remarks(report.remarks, language),
        remark_count=len(report.remarks),
        measured=_measured(report.outcomes, texts) if report.outcomes else None,
    )


def _content(entries: Sequence[CatalogueEntry], texts: dict[str, Any]) -> dict[str, Any]:
    sizes = {language: [len(entry.examples(language)) for entry in entries] for language in LANGUAGES}
    groups = plots.size_groups(sizes)
    return {
        "topics": len(entries),
        "examples": {language: sum(counts) for language, counts in sizes.items()},
        "groups": groups,
        "plot": plots.size_plot(
            groups,
            names={language: texts["languages"][language] for language in LANGUAGES},
            labels=(texts["sizes"]["examples"], texts["sizes"]["topics"]),
            alt=texts["sizes"]["alt"].format(
                fewest=min((min(counts) for counts in sizes.values() if counts), default=0),
                most=max((max(counts) for counts in sizes.values() if counts), default=0),
            ),
        ),
    }


def _measured(outcomes: Sequence[Outcome], texts: dict[str, Any]) -> dict[str, Any]:
    found = mistakes(outcomes)
    confused = confusions(found)
    worst = recalls(outcomes, languages=LANGUAGES)
    # The topics as in the table of recalls, then what is no topic at all.
    order = [*(recall.topic for recall in worst), *sorted({item.topic for item in found if not is_topic(item.topic)})]
    by_topic = {topic: [item for item in found if item.topic == topic] for topic in order}
    return {
        "count": len(outcomes),
        "figures": [
            (measure, [getattr(figures(_in(outcomes, language)), measure) for language in LANGUAGES])
            for measure in _MEASURES
        ],
        "reliability": _reliability([item for item in outcomes if _is_question(item)], texts),
        "confusions": confused[:MOST_CONFUSIONS],
        "confusion_count": len(confused),
        "recalls": worst,
        "mistakes": {topic: items for topic, items in by_topic.items() if items},
        "mistake_count": len(found),
    }


def _reliability(outcomes: Sequence[Outcome], texts: dict[str, Any]) -> dict[str, Any]:
    bins = reliability(outcomes)
    error = expected_calibration_error(outcomes)
    return {
        "bins": bins,
        "plot": plots.reliability_plot(
            bins,
            labels=(texts["reliability"]["confidence"], texts["reliability"]["right"]),
            names=(texts["reliability"]["ideal"], texts["reliability"]["model"]),
            alt=texts["reliability"]["alt"].format(error=_percent(error, texts)),
        ),
        "error": error,
        "errors": [(language, expected_calibration_error(_in(outcomes, language))) for language in LANGUAGES],
    }


def _remarks(remarks: Sequence[Remark], language: str) -> list[tuple[str, list[dict[str, str]]]]:
    grouped: list[tuple[str, list[dict[str, str]]]] = []
    for check in CHECKS:
        own = [
            {
                "place": f"{_from_root(remark.path)}:{remark.line}",
                "topic": remark.topic or "",
                "what": words.what(remark, language),
                "mend": words.mend(remark, language),
            }
            for remark in remarks
            if remark.check == check
        ]
        if own:
            grouped.append((words.check_name(check, language), own))
    return grouped


def _is_question(outcome: Outcome) -> bool:
    """Tell whether somebody asked for something, as the figures are of questions and not of greetings."""
    return is_topic(outcome.question.intent) or outcome.question.intent == OUT_OF_SCOPE


def _in(outcomes: Sequence[Outcome], language: str) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.question.language == language]


def _from_root(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def _percent(share: float | None, texts: dict[str, Any]) -> str:
    if share is None:
        return "–"
    return f"{share * 100:.1f}".replace(".", texts["decimal_mark"]) + "\u00a0%"


def _texts(language: str) -> dict[str, Any]:
    texts: dict[str, Any] = yaml.safe_load((_FOLDER / f"texts.{language}.yml").read_text(encoding="utf-8"))
    return texts
