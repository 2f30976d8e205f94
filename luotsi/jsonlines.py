"""Reading JSON lines from a stream so that one bad line spoils nothing but itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TextIO


def answer_lines(
    lines: Iterable[bytes], output: TextIO, errors: TextIO, answer: Callable[[str], dict[str, Any]]
) -> int:
    """Write `{"id": …, **answer(text)}` for every `{"id", "text"}` line.

    A bad line gives an error with its number and goes on. Returns 0, or 1 when there was a bad line.
    """
    status = 0
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            identifier, text = _read(raw)
        except ValueError as error:
            errors.write(f"line {number}: {error}\n")
            status = 1
            continue
        line = json.dumps({"id": identifier, **answer(text)}, ensure_ascii=False)
        output.write(line.encode("utf-8", "replace").decode() + "\n")
        output.flush()
    return status


def _read(raw: bytes) -> tuple[object, str]:
    try:
        value = json.loads(raw)
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8; save the file as UTF-8") from error
    except RecursionError as error:
        raise ValueError('nested too deeply; write one object a line: {"id": 1, "text": "…"}') from error
    except ValueError as error:
        raise ValueError(f'not JSON ({error}); write one object a line: {{"id": 1, "text": "…"}}') from error
    if not isinstance(value, dict):
        raise ValueError('not an object; write {"id": 1, "text": "…"}')
    if "id" not in value:
        raise ValueError('"id" is missing; give each line its own')
    if not isinstance(value.get("text"), str):
        raise ValueError('"text" is missing or not a string; write "text": "…"')
    return value["id"], value["text"]
