"""Segments."""

from __future__ import annotations

from cartera.desk.desk import Desk


def show(desk: Desk) -> None:
    """Draw the page."""
    desk.title("segments.title", "segments.lead")
    desk.empty()
