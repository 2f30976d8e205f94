"""`luotsi actions`."""

from __future__ import annotations

import argparse
import os


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = "Listens on LUOTSI_ACTIONS_HOST and LUOTSI_ACTIONS_PORT (127.0.0.1:5055)."
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve the actions until stopped."""
    from rasa_sdk.endpoint import create_app

    from components.privacy import install_log_filter

    install_log_filter()
    create_app("actions").run(
        host=os.environ["LUOTSI_ACTIONS_HOST"], port=int(os.environ["LUOTSI_ACTIONS_PORT"]), workers=1, access_log=False
    )
    return 0
