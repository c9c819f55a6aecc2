"""How Streamlit is started: on this machine alone unless told otherwise, and telling nobody."""

from __future__ import annotations

from pathlib import Path

from cartera.desk.charts import BLUE, INK

ENTRY = Path(__file__).parent / "entry" / "app.py"
# What Streamlit is told on its command line, so that no file of settings is looked for.
OPTIONS = {
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": "true",
    "runner.magicEnabled": "false",
    "server.enableStaticServing": "false",
    "server.enableXsrfProtection": "true",
    "server.fileWatcherType": "none",
    "server.headless": "true",
    "server.maxUploadSize": "1",
    "theme.base": "light",
    "theme.primaryColor": BLUE,
    "theme.textColor": INK,
    "theme.baseFontSize": "15",
    "theme.headingFontSizes": "1.9rem,1.35rem,1.1rem",
    "theme.headingFontWeights": "[650,600,600]",
    "theme.secondaryBackgroundColor": "#F4F6F9",
    "theme.borderColor": "#DDE2E9",
    "theme.baseRadius": "8px",
    "theme.metricValueFontSize": "1.7rem",
    "theme.sidebar.backgroundColor": "#F7F8FA",
}


def arguments(address: str, port: int) -> list[str]:
    """What follows ``python -m streamlit``."""
    told = {**OPTIONS, "server.address": address, "server.port": str(port)}
    options = [f"--{name}={value}" for name, value in told.items()]
    return ["run", str(ENTRY), *options]
