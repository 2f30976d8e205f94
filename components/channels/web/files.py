"""The files of the chat page, small on the way: texts go compressed to every browser that takes it."""

from __future__ import annotations

import functools
import gzip
import mimetypes
from collections.abc import Mapping
from pathlib import Path

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

_TEXTS = frozenset({".css", ".html", ".js", ".json", ".svg"})


async def send(request: Request, path: Path, headers: Mapping[str, str]) -> HTTPResponse:
    """Answer with a file. Nothing secret is in it, so compressing gives nothing away (as it may in an answer)."""
    if path.suffix not in _TEXTS:
        return await response.file(path, headers=dict(headers))
    kind = f"{mimetypes.guess_type(path.name)[0]}; charset=utf-8"
    varied = {**headers, "Vary": "Accept-Encoding"}
    if not _takes_gzip(request):
        return await response.file(path, headers=varied, mime_type=kind)
    body = _compressed(path, path.stat().st_mtime_ns)
    return response.raw(body, headers={**varied, "Content-Encoding": "gzip"}, content_type=kind)


@functools.lru_cache(maxsize=200)
def _compressed(path: Path, changed_at: int) -> bytes:
    """Return the compressed file as it was at a time in nanoseconds: a changed file is compressed anew."""
    return gzip.compress(path.read_bytes(), mtime=0)


def _takes_gzip(request: Request) -> bool:
    """Tell whether the browser takes gzip (RFC 9110, 12.5.3): it names it, and not with the weight 0."""
    for offer in request.headers.get("Accept-Encoding", "").split(","):
        coding, *parameters = (part.strip().lower() for part in offer.split(";"))
        if coding == "gzip":
            return not any(parameter.replace(" ", "") in ("q=0", "q=0.0") for parameter in parameters)
    return False
