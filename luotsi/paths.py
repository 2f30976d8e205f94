"""Where things are in a checkout, and the environment that a start without containers needs."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / ".luotsi"
MODELS = ROOT / "models"
FAQ = ROOT / "data" / "faq"
STATISTICS = ROOT / "data" / "statistics"

SERVER_PORT = 5005
ACTIONS_PORT = 5055


def local_environment() -> dict[str, str]:
    """Return the settings of a local start: SQLite, locks in memory, loopback; what is set already stays.

    Makes a secret key on the first call; it is readable by the owner only.
    """
    STATE.mkdir(mode=0o700, exist_ok=True)
    defaults = {
        "LUOTSI_DATABASE_URL": f"sqlite:///{STATE / 'luotsi.sqlite'}",
        "LUOTSI_LOCK_STORE": "in_memory",
        "LUOTSI_REDIS_HOST": "localhost",
        "LUOTSI_REDIS_PORT": "6379",
        "LUOTSI_REDIS_PASSWORD": "",
        "LUOTSI_HOST": "127.0.0.1",
        "LUOTSI_PORT": str(SERVER_PORT),
        "LUOTSI_ACTIONS_HOST": "127.0.0.1",
        "LUOTSI_ACTIONS_PORT": str(ACTIONS_PORT),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }
    environment = {**defaults, **os.environ, "RASA_TELEMETRY_ENABLED": "false"}
    environment.setdefault("LUOTSI_ACTIONS_URL", f"http://127.0.0.1:{environment['LUOTSI_ACTIONS_PORT']}/webhook")
    if not environment.get("LUOTSI_SECRET_KEY") and not environment.get("LUOTSI_SECRET_KEY_FILE"):
        environment["LUOTSI_SECRET_KEY_FILE"] = str(_key_file())
    return environment


def _key_file() -> Path:
    path = STATE / "secret.key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    return path
