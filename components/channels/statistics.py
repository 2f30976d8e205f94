"""The pictures of published figures, on the chat's own site."""

from __future__ import annotations

import asyncio
import functools

from components.statistics import plot, processing_times
from components.statistics.processing_times import ProcessingTimes
from components.statistics.texts import known_language

CONTENT_TYPE = "image/svg+xml; charset=utf-8"
# Also for those who open the picture by itself: a page's policy does not reach an image.
POLICY = f"default-src 'none'; style-src {plot.STYLE_SOURCE}; frame-ancestors 'self'; base-uri 'none'"
_SUFFIX = ".svg"
# Both languages of every application, and those of the figures before while an import takes place.
_KEPT = 64


async def picture(name: str, language: str) -> bytes | None:
    """Return the picture of that name (`citizenship.svg`) as SVG, or None when there is none.

    Raises components.located_yaml.FileError when the published figures are not in order.
    """
    times = processing_times.current()
    application = name.removesuffix(_SUFFIX)
    if not name.endswith(_SUFFIX) or application not in times.applications:
        return None
    # In another thread, because drawing takes longer than anything else here.
    return await asyncio.to_thread(_drawn, times, application, known_language(language))


@functools.lru_cache(maxsize=_KEPT)
def _drawn(times: ProcessingTimes, application: str, language: str) -> bytes:
    return plot.svg(times, application, language)
