"""Retention."""

from __future__ import annotations

from cartera.desk.desk import Desk


def show(desk: Desk) -> None:
    """Draw the page."""
    desk.title("retention.title", "retention.lead")
    desk.empty()
