"""`luotsi console`."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from luotsi.paths import ROOT

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.engine import Engine

    from console.settings import ConsoleSettings

THREADS = 8
"""Requests that are handled at the same time; fewer than the connections of the database's pool."""

logger = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "Listens on LUOTSI_CONSOLE_HOST and LUOTSI_CONSOLE_PORT (127.0.0.1:5080). `luotsi users add` makes the first "
        "administrator."
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the settings, bring the database up to date and serve the console until stopped."""
    from components.privacy import install_log_filter

    install_log_filter()
    logging.basicConfig(
        level=os.environ.get("LUOTSI_LOG_LEVEL", "INFO").upper(), format="%(asctime)s %(levelname)-8s %(message)s"
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # a page must not take every core from the chat
    from components.storage.database import migrate, open_database
    from console.settings import ConsoleSettings

    try:
        settings = ConsoleSettings.from_environment(os.environ)
        engine = open_database(settings.database_url)
    except ValueError as error:  # SettingsError is one
        return _refuse(str(error))
    from sqlalchemy.exc import SQLAlchemyError

    try:
        migrate(engine)
    except SQLAlchemyError as error:  # its text may quote the address, and that a password
        kind = type(getattr(error, "orig", None) or error).__name__
        return _refuse(
            f"The database cannot be used ({kind}): check that it runs and that LUOTSI_DATABASE_URL is right."
        )
    try:
        return _serve(application(settings, engine), settings, engine)
    finally:
        engine.dispose()


def application(settings: ConsoleSettings, engine: Engine) -> Flask:
    """Return the console with the documents that only this package can make."""
    from console.app import Documents, create_app

    return create_app(
        settings,
        engine,
        Documents(
            record=lambda language: _record(language, _in_force(engine)),
            notice=lambda language: _notice(language, _in_force(engine)),
        ),
    )


def _in_force(engine: Engine) -> dict[str, str]:
    """Return the environment with the consent mode that staff switched to."""
    from components.storage.switches import Switches

    mode = Switches(engine).consent_mode("")
    return {**os.environ, **({"LUOTSI_CONSENT_MODE": mode} if mode else {})}


def _serve(app: Flask, settings: ConsoleSettings, engine: Engine) -> int:
    from waitress import create_server

    from components.storage.conversation_index import keep_fresh
    from console.app import MAX_REQUEST_BYTES
    from console.review.masking import finish_waiting
    from console.topics import topics

    access = settings.access
    try:
        server = create_server(
            app,
            host=access.host,
            port=access.port,
            threads=THREADS,
            ident=None,
            max_request_body_size=2 * MAX_REQUEST_BYTES,  # the application's own limit answers in the reader's language
            # What proxies say is read by the application, which knows how many there are; without any it is dropped.
            clear_untrusted_proxy_headers=not access.proxies,
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _refuse(
                f"Port {access.port} is in use already, perhaps by another console. Stop that one, or choose another "
                "port with LUOTSI_CONSOLE_PORT."
            )
        return _refuse(f"{access.host} and port {access.port} cannot be listened on ({error.strerror}).")
    except ValueError:  # the only thing that is unknown yet
        return _refuse(f"LUOTSI_CONSOLE_HOST is {access.host!r}, which is no address of this machine.")
    signal.signal(signal.SIGTERM, _stop)
    stopping = threading.Event()
    indexing = threading.Thread(target=keep_fresh, args=(engine, stopping), name="index", daemon=True)
    indexing.start()
    # Read now, or the first page that names topics waits for them.
    threading.Thread(target=topics, name="topics", daemon=True).start()
    logger.info("The staff console listens on %s, port %d.", access.host, access.port)
    try:
        server.run()
    finally:
        stopping.set()
        server.close()
        indexing.join(timeout=5)
        finish_waiting()
    return 0


def _stop(number: int, frame: object) -> None:
    raise SystemExit(0)  # the server ends its work and closes


def _refuse(reason: str) -> int:
    sys.stderr.write(f"The console does not start. {reason}\n")
    return 2


def _record(language: str, environment: Mapping[str, str]) -> str:
    """Return the record of processing activities; raises ValueError, with a reason, when it cannot be made."""
    from luotsi.privacy_record.collect import collect
    from luotsi.privacy_record.document import write
    from luotsi.privacy_record.render import markdown

    return markdown(write(collect(environment, root=ROOT), language, dated=False))


def _notice(language: str, environment: Mapping[str, str]) -> str:
    """Return the privacy notice; raises ValueError, with a reason, when it cannot be made."""
    from components.channels.notice import load_notice
    from components.settings import Settings

    document = load_notice(Settings.from_environment(environment)).document(language)
    parts = [f"# {document['title']}"]
    for section in document["sections"]:
        parts += [f"## {section['heading']}", *section["paragraphs"]]
    return "\n\n".join(parts) + "\n"
