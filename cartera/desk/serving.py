"""How the desk is served: Streamlit behind the door, for this machine alone by default."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cartera import demo_home
from cartera.desk import users
from cartera.desk.charts import BLUE, INK
from cartera.desk.door import Door
from cartera.desk.oidc import read_provider
from cartera.desk.shared import Mode, open_house
from cartera.errors import CarteraError, UsageError
from cartera.settings import Settings

SCRIPT = Path(__file__).parent / "entry" / "app.py"
# Streamlit phones nobody, shows no fault's words, and serves no folder of files.
OPTIONS: dict[str, Any] = {
    "browser.gatherUsageStats": False,
    # What leaves the desk is a pull, on the record; a table's own button writes it as it is.
    "client.disableDataExport": True,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": True,
    "runner.magicEnabled": False,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxUploadSize": 1,
    "theme.base": "light",
    "theme.primaryColor": BLUE,
    "theme.textColor": INK,
    "theme.baseFontSize": 15,
    "theme.headingFontSizes": ["1.9rem", "1.35rem", "1.1rem"],
    "theme.headingFontWeights": [650, 600, 600],
    "theme.secondaryBackgroundColor": "#F4F6F9",
    "theme.borderColor": "#DDE2E9",
    "theme.baseRadius": "8px",
    "theme.metricValueFontSize": "1.7rem",
    "theme.sidebar.backgroundColor": "#F7F8FA",
}


def mode_of(settings: Settings, address: str, *, demo: bool) -> Mode:
    """Who will say who somebody is. Raises UsageError for what would let anybody in.

    The demo has no login, so it is for this machine and for data of nobody.
    """
    if demo:
        if not is_loopback(address):
            raise UsageError(
                f"--demo has no login, and {address} may be reached from other machines.",
                fix="Leave --address out; for others, add users: `cartera desk user add NAME`.",
            )
        demo_home.check(settings)
        return "demo"
    if settings.desk_oidc_file:
        return "oidc"
    if not users.load(settings):
        raise UsageError(
            "Nobody could log in: there are no users, and no provider of logins.",
            fix="Run `cartera desk user add NAME --role marketer`; `cartera desk --demo` shows "
            "the demo without a login.",
        )
    return "local"


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches ``address``."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def serve(settings: Settings, mode: Mode, address: str, port: int) -> None:
    """Serve until somebody stops it. Raises CarteraError where the extra is not installed."""
    try:
        import streamlit as st
        from starlette.middleware import Middleware
    except ImportError as error:
        raise CarteraError(
            "What the desk needs is not installed.", fix="Install the extra `desk`: docs/desk.md."
        ) from error
    house = open_house(settings, mode)
    told = {**OPTIONS, "server.address": address, "server.port": port}
    url = urlsplit(settings.desk_url)
    if url.hostname:
        # Streamlit takes sockets from pages of this name alone.
        told |= {
            "browser.serverAddress": url.hostname,
            "browser.serverPort": url.port or (443 if url.scheme == "https" else 80),
        }
    provider = read_provider(Path(settings.desk_oidc_file)) if mode == "oidc" else None
    app = st.App(
        SCRIPT,
        secrets=provider,
        middleware=[
            Middleware(
                Door,
                settings=settings,
                sessions=house.sessions,
                delays=house.delays,
                known=house.known,
                is_secure=url.scheme == "https" or not (url.scheme or is_loopback(address)),
                is_open=mode != "local",
            )
        ],
    )
    app.run(config=told)
