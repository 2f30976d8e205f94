"""`luotsi statistics`."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import tempfile
from collections.abc import Callable, Hashable
from pathlib import Path

from luotsi.paths import STATISTICS

NOT_IN_ORDER, CANNOT_WRITE = 1, 2
KINDS = ("published", "example")


@dataclasses.dataclass(frozen=True)
class Checked:
    """A table that is in order.

    kind: one of KINDS. figures: equal when the figures are. told: what they are, in a few words.
    """

    kind: str
    figures: Hashable
    told: str


@dataclasses.dataclass(frozen=True)
class DataSet:
    """Figures that can be published.

    name: of the table in data/statistics, where the assistant reads it; its description stands beside it, with the
    suffix .yml. check: reads a table and the description beside it wherever they are; raises
    components.located_yaml.FileError with every problem.
    """

    name: str
    summary: str
    check: Callable[[Path], Checked]

    @property
    def file(self) -> Path:
        """Where the assistant reads the table."""
        return STATISTICS / self.name


def _check_processing_times(path: Path) -> Checked:
    from components.statistics.processing_times import load

    times = load(path)
    description, period = times.description, times.description.period
    told = (
        f"{len(times.rows)} lines, decisions {period.first:%Y-%m} to {period.last:%Y-%m}, published on "
        f"{description.published} by {description.publisher.en}"
    )
    return Checked(description.kind, times.rows, told)


def _check_queue(path: Path) -> Checked:
    from components.statistics.queue import load

    figures = load(path)
    description = figures.description
    told = (
        f"{len(figures.rows)} lines, published on {description.published} by {description.publisher.en}, "
        f"the next ones on {description.next_update}"
    )
    return Checked(description.kind, figures.rows, told)


DATA_SETS: dict[str, DataSet] = {
    "processing-times": DataSet("processing_times.csv", "how long decisions took", _check_processing_times),
    "queue": DataSet("queue.csv", "how many applications have waited longer", _check_queue),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = "The files are described in docs/statistics.md."
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    importing = tasks.add_parser(
        "import",
        help="check a table and its description and put them in the place of the old ones",
        description="Check a table (FILE.csv) and the description beside it (FILE.yml), and let the assistant use "
        "them. Exits with 1 and changes nothing when they are not in order, with 2 when they cannot be written.",
    )
    names = "; ".join(f"{name}: {one.summary}" for name, one in DATA_SETS.items())
    importing.add_argument("data_set", choices=sorted(DATA_SETS), help=names)
    importing.add_argument("file", type=Path, metavar="FILE", help="the table, as CSV")
    importing.add_argument(
        "--kind",
        choices=KINDS,
        required=True,
        help="whether the figures are the authority's own or made up; the description must say the same",
    )
    importing.set_defaults(run=run_import)
    check = tasks.add_parser(
        "check",
        help="check the figures that are in use",
        description="Check the figures that are in use. Exits with 1 when some are not in order.",
    )
    check.set_defaults(run=run_check)


def run_import(options: argparse.Namespace) -> int:
    """Check the files, then put them in the place of the old ones."""
    from components.located_yaml import FileError

    data_set = DATA_SETS[options.data_set]
    try:
        checked = data_set.check(options.file)
    except FileError as error:
        return _refused(str(error))
    if checked.kind != options.kind:
        return _refused(
            f"{_description_of(options.file)}: 'kind' is {checked.kind}, but you said --kind {options.kind}; find out "
            "what the figures are and correct the wrong one"
        )
    if options.kind == "published" and _are_the_example(checked, data_set):
        return _refused(
            f"{options.file}: these are the example figures that are in use now; nobody may take them for real ones"
        )
    try:
        replace_pair(options.file, data_set.file, label_first=checked.kind == "example")
    except OSError as error:
        sys.stderr.write(
            f"{data_set.file.parent} cannot be written ({error.strerror}); nothing was imported. In a container, "
            "import where the image is built and build it anew.\n"
        )
        return CANNOT_WRITE
    print(f"Imported {_told(checked)}. The running service uses them from the next question on.")
    return 0


def run_check(options: argparse.Namespace) -> int:
    """Tell of every data set in use whether it is in order."""
    from components.located_yaml import FileError

    status = 0
    for name, data_set in DATA_SETS.items():
        try:
            print(f"{name}: {_told(data_set.check(data_set.file))}.")
        except FileError as error:
            status = _refused(str(error))
    return status


def replace_pair(table: Path, target: Path, *, label_first: bool) -> None:
    """Put a table and its description in the place of `target` and its own, each in one step.

    label_first: replaces the description before the table. Whoever reads between the two steps, and whoever finds the
    files after a crash between them, may then see real figures under the words "made up", but never the reverse.
    Raises OSError when they cannot be written; the old ones then stay.
    """
    pairs = [(table, target), (_description_of(table), _description_of(target))]
    contents = [source.read_bytes() for source, _ in pairs]
    target.parent.mkdir(parents=True, exist_ok=True)
    waiting: list[tuple[Path, Path]] = []
    try:
        for content, (_, place) in zip(contents, pairs, strict=True):
            waiting.append((_written_beside(place, content), place))
        for written, place in reversed(waiting) if label_first else waiting:
            os.replace(written, place)
        _flush(target.parent)
    finally:
        for written, _ in waiting:
            written.unlink(missing_ok=True)


def _written_beside(place: Path, content: bytes) -> Path:
    with tempfile.NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}.", delete=False) as file:
        written = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)  # the server may run as another user
        except BaseException:
            written.unlink()
            raise
    return written


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _are_the_example(checked: Checked, data_set: DataSet) -> bool:
    from components.located_yaml import FileError

    try:
        used = data_set.check(data_set.file)
    except FileError:
        return False
    return used.kind == "example" and used.figures == checked.figures


def _told(checked: Checked) -> str:
    return f"{'EXAMPLE figures (made up)' if checked.kind == 'example' else 'published figures'}: {checked.told}"


def _description_of(table: Path) -> Path:
    return table.with_suffix(".yml")


def _refused(problems: str) -> int:
    sys.stderr.write(f"{problems}\n")
    return NOT_IN_ORDER
