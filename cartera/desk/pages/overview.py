"""Overview."""

from __future__ import annotations

from cartera.desk.desk import Desk


def show(desk: Desk) -> None:
    """Draw the page."""
    desk.title("overview.title", "overview.lead")
    desk.empty()
