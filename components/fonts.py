"""The fonts of documents: those that come with matplotlib, as the standard fonts of PDF lack most letters."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def font_folder() -> Path:
    """Return the folder of DejaVuSans.ttf and its bold and oblique styles.

    Raises FileNotFoundError when matplotlib is not installed.
    """
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the fonts of matplotlib are missing: install requirements.lock")
    return Path(spec.origin).with_name("mpl-data") / "fonts" / "ttf"
