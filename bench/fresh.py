"""From nothing to the first answer, as on a new machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bench.processes import Processes
from bench.systems import LuotsiSystem, environment
from luotsi.paths import ROOT

_QUESTION = "kuinka kauan oleskeluluvan käsittely kestää"


def first_answer(folder: Path, processes: Processes, *, progress: Callable[[str], None]) -> dict[str, float]:
    """Clone the repository, install, train, serve and ask; return the seconds of each step."""
    clone = folder / "clone"
    log = folder / "fresh.log"
    steps: dict[str, float] = {}

    def timed(name: str, step: Callable[[], object]) -> None:
        progress(f"fresh set-up: {name}")
        started = time.monotonic()
        step()
        steps[name] = time.monotonic() - started

    def run(command: list[str], *, at: Path) -> str:
        return processes.run(command, folder=at, environment=_new_shell(), log=log)

    timed("git clone", lambda: run(["git", "clone", "--quiet", str(ROOT), str(clone)], at=folder))
    timed("make setup", lambda: run(["make", "setup"], at=clone))
    luotsi = LuotsiSystem(clone, processes, python=str(clone / ".venv" / "bin" / "python"))
    timed("luotsi train", luotsi.train)
    try:
        timed("start", luotsi.start)
        timed("first answer", lambda: luotsi.open("fi").say(_QUESTION))
    finally:
        luotsi.stop()
    return steps


def _new_shell() -> dict[str, str]:
    """Return the environment without the virtual environment that this process runs in."""
    values = environment()
    values.pop("VIRTUAL_ENV", None)
    own = str(ROOT / ".venv")
    values["PATH"] = ":".join(part for part in values.get("PATH", "").split(":") if not part.startswith(own))
    return values
