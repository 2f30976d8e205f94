"""`luotsi run`: everything on this machine, by one command."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from luotsi.paths import ROOT

_READY_SECONDS = 180
_POLL_SECONDS = 0.5
FIRST_ADMINISTRATOR = ".venv/bin/luotsi users add USER_ID --role administrator"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "Ctrl-C stops everything. LUOTSI_PORT, LUOTSI_ACTIONS_PORT and LUOTSI_CONSOLE_PORT choose other ports."
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train if needed, start the servers and what deletes expired rows, wait for them, print the addresses."""
    from honcho.manager import Manager

    from components import settings
    from luotsi.commands import train

    try:
        console = settings.console(os.environ)
    except settings.SettingsError as error:
        sys.stderr.write(f"Luotsi does not start. {error}\n")
        return 2

    host, port = os.environ["LUOTSI_HOST"], int(os.environ["LUOTSI_PORT"])
    actions_host, actions_port = os.environ["LUOTSI_ACTIONS_HOST"], int(os.environ["LUOTSI_ACTIONS_PORT"])
    for name, busy_host, busy_port in (
        ("LUOTSI_PORT", host, port),
        ("LUOTSI_ACTIONS_PORT", actions_host, actions_port),
        ("LUOTSI_CONSOLE_PORT", console.host, console.port),
    ):
        if _answers(busy_host, busy_port):
            sys.stderr.write(
                f"Port {busy_port} is in use already, perhaps by another `make run`. Stop that one, or choose another "
                f"port: {name}={busy_port + 100} make run\n"
            )
            return 2
    status = train.run(argparse.Namespace(force=False))
    if status != 0:
        return status

    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1"}
    luotsi = f'"{sys.executable}" -m luotsi.cli'
    manager = Manager()
    manager.add_process("actions", f"{luotsi} actions", env=environment, cwd=str(ROOT))
    manager.add_process("server", f"{luotsi} serve", env=environment, cwd=str(ROOT))
    manager.add_process("console", f"{luotsi} console", env=environment, cwd=str(ROOT))
    manager.add_process("retention", f"{luotsi} retention run", env=environment, cwd=str(ROOT))
    checks = (
        f"http://{actions_host}:{actions_port}/health",
        f"http://{host}:{port}/chat/api/health",
        f"http://{console.host}:{console.port}/health",
    )
    addresses = (f"http://{host}:{port}/chat/", f"http://{console.host}:{console.port}/")
    print("Starting the server, the action server and the staff console (about 20 seconds) …", flush=True)
    threading.Thread(target=_announce, args=(checks, addresses, manager), daemon=True).start()
    manager.loop()
    return max(int(manager.returncode or 0), 0)


def _announce(checks: tuple[str, ...], addresses: tuple[str, str], manager: Any) -> None:
    started = time.monotonic()
    while not all(_healthy(check) for check in checks):
        if time.monotonic() - started > _READY_SECONDS:
            sys.stderr.write(f"Not ready after {_READY_SECONDS} s; the messages above say why. Stopping.\n")
            manager.terminate()
            return
        time.sleep(_POLL_SECONDS)
    print(f"\n  Luotsi is ready: {addresses[0]}   (Ctrl-C stops it)", flush=True)
    print(f"  For staff:       {addresses[1]}", flush=True)
    if not _anybody_can_sign_in():
        print(f"  Nobody can sign in there yet. Make the first administrator: {FIRST_ADMINISTRATOR}", flush=True)
    print(flush=True)


def _anybody_can_sign_in() -> bool:
    """Tell whether there is a member of staff; True when the database cannot be asked, which is no time for advice."""
    import sqlalchemy as sa

    from components import settings
    from components.storage.database import open_database
    from components.storage.models import StaffMember

    engine = open_database(settings.database_url(os.environ))
    try:
        with engine.connect() as connection:
            query = sa.select(sa.literal(1)).where(StaffMember.__table__.c.active).limit(1)
            return connection.execute(query).first() is not None
    except sa.exc.SQLAlchemyError:
        return True
    finally:
        engine.dispose()


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 (our own loopback address)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0
