"""Quality."""

from __future__ import annotations

from cartera.desk.desk import Desk


def show(desk: Desk) -> None:
    """Draw the page."""
    desk.title("quality.title", "quality.lead")
    desk.empty()
