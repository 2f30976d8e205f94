"""The figures as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from bench.privacy.measuring import Measured
from bench.privacy.messages import Message
from bench.privacy.scoring import ALL, Score, labels_of, ratio
from bench.tables import number, table

Table = Callable[[Sequence[str], Iterable[Sequence[str]]], str]


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table with the first column to the left and the others to the right."""
    lines = [list(header), ["---", *["---:"] * (len(header) - 1)], *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(
    messages: Sequence[Message],
    measured: Mapping[str, Measured],
    scores: Mapping[str, Score],
    *,
    markdown: bool = False,
) -> str:
    """Return all tables: what the set holds, the systems side by side, and each system by label."""
    draw: Table = markdown_table if markdown else table
    languages = sorted({message.language for message in messages})
    parts = [_contents(messages, languages, draw), _side_by_side(measured, scores, languages, draw)]
    for name, result in scores.items():
        heading = f"### {name}" if markdown else name
        parts.append(f"{heading}\n\n{_by_label(result, languages, draw)}")
    return "\n\n".join(parts)


def shares(result: Score, languages: Sequence[str]) -> dict[str, float | None]:
    """Return the shares that sum a system up, from 0 to 1, in the order of the table."""
    groups = [ALL, *languages]
    values = {
        f"leak rate, {group}": ratio(leaks.strict, leaks.messages) for group, leaks in sorted(result.leaks.items())
    }
    for group in groups:
        leaks = result.leaks[group]
        values[f"core leak rate, {group}"] = ratio(leaks.core, leaks.messages)
    for group in groups:
        harmless = result.harmless[group]
        values[f"over-redaction, {group}"] = ratio(harmless.changed, harmless.messages)
    values["other text lost"] = ratio(result.other_lost, result.other_characters)
    for group in groups:
        pieces = result.pieces[ALL, group]
        values |= {
            f"recall, {group}": pieces.recall,
            f"precision, {group}": pieces.precision,
            f"F2, {group}": pieces.f2,
        }
    return values


def _contents(messages: Sequence[Message], languages: Sequence[str], draw: Table) -> str:
    kinds = sorted({message.kind for message in messages})
    rows = [
        [kind, *(str(sum(m.kind == kind and m.language == language for m in messages)) for language in languages)]
        for kind in kinds
    ]
    rows.append(["all", *(str(sum(m.language == language for m in messages)) for language in languages)])
    return draw(["messages", *languages], rows)


def _side_by_side(
    measured: Mapping[str, Measured], scores: Mapping[str, Score], languages: Sequence[str], draw: Table
) -> str:
    columns = {name: shares(result, languages) for name, result in scores.items()}
    titles = list(dict.fromkeys(title for column in columns.values() for title in column))
    rows = [
        ["messages a second", *(number(measured[name].messages_per_second) for name in columns)],
        ["p99, ms", *(number(measured[name].p99_ms, 2) for name in columns)],
        ["added memory, MB", *(number(measured[name].added_mb) for name in columns)],
        *([f"{title}, %", *(_percent(column[title]) for column in columns.values())] for title in titles),
    ]
    return draw(["", *columns], rows)


def _by_label(result: Score, languages: Sequence[str], draw: Table) -> str:
    header = ["label"]
    for language in languages:
        header += [f"{language} pieces", "recall", "precision", "F2", "leak"]
    rows = []
    for label in [*labels_of(result), ALL]:
        row = [label]
        for language in languages:
            pieces = result.pieces[label, language]
            figures = (pieces.recall, pieces.precision, pieces.f2, ratio(pieces.strict, pieces.gold))
            row += [str(pieces.gold), *(_percent(figure) for figure in figures)]
        rows.append(row)
    return draw(header, rows)


def _percent(value: float | None) -> str:
    return number(None if value is None else 100 * value, 1)
