"""A small reader of Dockerfiles: instructions with their arguments, continuation lines joined."""

from __future__ import annotations

import dataclasses
import json
import shlex

KNOWN = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split()
)


@dataclasses.dataclass(frozen=True)
class Instruction:
    """One instruction; `stage` counts the FROM lines up to it."""

    name: str
    text: str
    stage: int

    @property
    def words(self) -> list[str]:
        """The arguments, in JSON form or in words; options such as --from=… are left out."""
        if self.text.startswith("["):
            return [str(word) for word in json.loads(self.text)]
        return [word for word in shlex.split(self.text) if not word.startswith("--")]

    @property
    def options(self) -> list[str]:
        """The words that begin with --."""
        return [word for word in shlex.split(self.text) if word.startswith("--")]


def parse(text: str) -> list[Instruction]:
    """Return the instructions.

    Raises ValueError for a line that is none, for a file that does not begin with FROM or ARG, and for a last line that
    goes on to nowhere.
    """
    instructions: list[Instruction] = []
    stage = 0
    pending = ""
    for line in text.splitlines():
        if line.lstrip().startswith("#") or (not pending and not line.strip()):
            continue
        pending += line.strip()
        if pending.endswith("\\"):
            pending = pending[:-1].rstrip() + " "
            continue
        name, _, arguments = pending.partition(" ")
        if name not in KNOWN or not arguments:
            raise ValueError(f"not an instruction: {pending!r}")
        stage += name == "FROM"
        if not stage and name != "ARG":
            raise ValueError(f"{name} stands before FROM")
        instructions.append(Instruction(name=name, text=arguments.strip(), stage=stage))
        pending = ""
    if pending:
        raise ValueError(f"the last line goes on: {pending!r}")
    return instructions


def context_sources(instructions: list[Instruction]) -> set[str]:
    """Return what COPY and ADD take from the build context."""
    return {
        source.rstrip("/")
        for instruction in instructions
        if instruction.name in {"COPY", "ADD"} and not any(o.startswith("--from=") for o in instruction.options)
        for source in instruction.words[:-1]
    }
