"""`luotsi actions`."""

from __future__ import annotations

import argparse
import logging
import os
import sys


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = "Listens on LUOTSI_ACTIONS_HOST and LUOTSI_ACTIONS_PORT (127.0.0.1:5055)."
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the settings and serve the actions until stopped."""
    from components import settings
    from components.privacy import install_log_filter

    install_log_filter()
    logging.basicConfig(format="%(asctime)s %(levelname)-8s %(message)s")
    try:
        settings.database_url(os.environ)
        settings.secret_key(os.environ)
        settings.queue_limits(os.environ)
    except settings.SettingsError as error:
        sys.stderr.write(f"Luotsi does not start. {error}\n")
        return 2

    from rasa_sdk.endpoint import create_app

    create_app("actions").run(
        host=os.environ["LUOTSI_ACTIONS_HOST"], port=int(os.environ["LUOTSI_ACTIONS_PORT"]), workers=1, access_log=False
    )
    return 0
