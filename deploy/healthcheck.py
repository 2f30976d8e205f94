"""Ask a server in this container whether it is well: `healthcheck.py PORT PATH` exits with 0 or 1."""

from __future__ import annotations

import http.client
import sys

TIMEOUT_SECONDS = 5


def is_healthy(port: int, path: str) -> bool:
    """Tell whether GET `path` on this machine answers 200 in time."""
    # http.client, unlike urllib, never sends the question through a proxy that the environment names.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_healthy(int(sys.argv[1]), sys.argv[2]) else 1)
