"""`luotsi serve`."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from luotsi.paths import ROOT


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "Listens on LUOTSI_HOST and LUOTSI_PORT (127.0.0.1:5005); Rasa's own HTTP API stays off. "
        "LUOTSI_LOG_LEVEL is INFO unless set. LUOTSI_CREDENTIALS names another file of channels than credentials.yml."
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the settings and serve until stopped."""
    from components.privacy import install_log_filter
    from components.settings import Settings, SettingsError, credentials_file

    install_log_filter()
    # One short message at a time: a second thread of the sentence encoder gains little and, on a busy machine, burns a
    # core while the two wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        Settings.from_environment()
        credentials = credentials_file(os.environ, ROOT / "credentials.yml")
    except SettingsError as error:
        sys.stderr.write(f"Luotsi does not start. {error}\n")
        return 2

    from luotsi.quiet import configure_logging

    configure_logging(logging.getLevelName(os.environ.get("LUOTSI_LOG_LEVEL", "INFO").upper()))
    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints

    from luotsi.assistant import NoModelError, newest_model

    try:
        model = newest_model()
    except NoModelError as error:
        sys.stderr.write(f"Luotsi does not start. {error}\n")
        return 2
    try:
        serve_application(
            model_path=str(model),
            interface=os.environ["LUOTSI_HOST"],
            port=int(os.environ["LUOTSI_PORT"]),
            credentials=str(credentials),
            enable_api=False,
            endpoints=AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml")),
        )
    except SettingsError as error:
        # A channel looks for its own secrets when it is made.
        sys.stderr.write(f"Luotsi does not start. {error}\n")
        return 2
    return 0
