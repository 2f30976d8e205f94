"""`python -m bench.privacy`: measures how much personal data survives, in Luotsi and in Presidio."""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.privacy import systems
from bench.privacy.measuring import measure_apart
from bench.privacy.messages import COMMITTED, Message, as_json, read
from bench.privacy.report import report
from bench.privacy.scoring import Score, score
from bench.processes import MeasurementError, Processes


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns 0, 1 when a system could not be measured, 2 for a bad file, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        messages = read(options.messages)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.export:
        print("\n".join(as_json(message) for message in messages))
        return 0
    try:
        return _run(messages, options)
    except MeasurementError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        return 130


def _run(messages: Sequence[Message], options: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    measured = {}
    with tempfile.TemporaryDirectory(prefix="luotsi-privacy-") as folder, Processes() as processes:
        for name in options.systems:
            sys.stderr.write(f"… {name}\n")
            measured[name] = measure_apart(name, messages, processes, Path(folder))
    scores = {name: score(messages, item.found) for name, item in measured.items()}
    print(report(messages, measured, scores, markdown=options.markdown))
    for name, result in scores.items():
        _show(name, result, options.show)
    if options.json is not None:
        figures = {
            "python": platform.python_version(),
            "versions": systems.versions(options.systems),
            "messages": len(messages),
            "systems": {
                name: {
                    **{key: value for key, value in dataclasses.asdict(item).items() if key != "found"},
                    **scores[name].as_json(),
                }
                for name, item in measured.items()
            },
        }
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def _show(name: str, result: Score, most: int) -> None:
    for title, found in (("leaks", result.leaking), ("masks for nothing", result.over_redacted)):
        for identifier, values in list(found.items())[:most]:
            print(f"{name} {title}: {identifier}: {' | '.join(map(repr, values))}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.privacy", description=__doc__)
    parser.add_argument(
        "messages",
        nargs="?",
        type=Path,
        default=COMMITTED,
        help="JSON lines or marked messages (docs/privacy/evaluation.md); without it, the committed set",
    )
    parser.add_argument(
        "--systems",
        type=_names,
        default=systems.NAMES,
        metavar="NAME,…",
        help=f"what to measure, of {', '.join(systems.NAMES)}; all without it",
    )
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to a file, too")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N leaks and N needless masks of each")
    parser.add_argument("--export", action="store_true", help="print the messages as JSON lines and measure nothing")
    return parser


def _names(value: str) -> tuple[str, ...]:
    names = tuple(value.split(","))
    for name in names:
        if name not in systems.NAMES:
            raise argparse.ArgumentTypeError(f"unknown system {name!r}; use some of {', '.join(systems.NAMES)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
