"""Why somebody needs attention, in a sentence with their own numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cartera.desk.desk import Desk
from cartera.desk.markdown import plain


def sentence(desk: Desk, alert: Mapping[str, Any]) -> str:
    """An alert of ``figures.customers.alerts`` in words, as Markdown."""
    formats = desk.formats
    values: dict[str, str] = {}
    if alert["kind"] == "valuable_decliner":
        values = {
            "ratio": formats.percent(alert["decline_ratio"], 0),
            "recent": formats.money(alert["revenue_recent"]),
            "before": formats.money(alert["revenue_year_before"]),
            "usual": formats.money(alert["revenue_before"]),
            "day": formats.day(alert["last_order_date"]),
        }
    elif alert["kind"] == "valuable_complainer":
        values = {
            "topic": desk.label(alert["topic"]),
            "opened": formats.moment(alert["opened_at"]),
            "until": formats.moment(alert["rescue_by"]),
        }
    elif alert["kind"] == "lost_valuable":
        values = {
            "until": formats.month(alert["valuable_until"]),
            "day": formats.day(alert["last_order_date"]),
        }
    else:
        return plain(desk.label(alert["kind"]))
    return desk.words(
        f"reasons.{alert['kind']}", **{name: plain(value) for name, value in values.items()}
    )
