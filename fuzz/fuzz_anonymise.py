"""Fuzzes the anonymiser under the coverage guidance of atheris.

`make fuzz` runs it for a minute, `make fuzz SECONDS=3600` for an hour; options of libFuzzer may follow the module's
name. A message that breaks a promise is printed as a line for tests/privacy/fuzz_corpus.jsonl, where it stays a test.
Of one that takes longer than the option -timeout, or ends the process, only the file in results/fuzz is left:
`python -m fuzz.messages FILE` prints its line.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["components.privacy"]):
    from components.privacy import anonymise
    from fuzz.checks import BrokenPromiseError, check
    from fuzz.messages import as_json, make_message

# Instrumented code is several times slower; this finds time that grows out of bounds, tests hold the tight bound.
_SECONDS = 5.0


def fuzz_one(data: bytes) -> None:
    """Check the message that some bytes stand for, and print it when a promise is broken or the code fails."""
    message = make_message(data)
    try:
        check(message, seconds=_SECONDS)
    except Exception as error:
        reason = str(error) if isinstance(error, BrokenPromiseError) else repr(error)
        sys.stderr.write(f"\n{reason}\n{as_json(message)}\n")
        raise


def main() -> None:
    """Run until the time is up (option -max_total_time) or a promise is broken."""
    anonymise("040 123 4567")  # what is loaded at the first call is no part of the time of a message
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
