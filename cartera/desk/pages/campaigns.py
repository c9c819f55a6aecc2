"""Campaigns: what they moved, what they cost and brought, and whom orders are credited to."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import streamlit as st

from cartera.desk import lifts
from cartera.desk.desk import Desk
from cartera.desk.drawings import bars, heat, intervals, lines, told
from cartera.desk.figures import campaigns as figures
from cartera.desk.markdown import plain
from cartera.desk.parts import Cell, Row, choose, grid, numbers, of

MEASURES = ("orders", "net_revenue", "visits", "leads")
# What the numbers are, by the names of their columns.
MONEY = of(
    "campaign_roi",
    "total_cost",
    "attributed_revenue",
    "attributed_contribution",
    "incremental_contribution",
    "roas",
    "roi",
    "incremental_roi",
)
REACHED = of(
    "campaign_performance",
    "targeted",
    "held_out",
    "impressions",
    "ad_clicks",
    "sent",
    "delivered",
    "open_rate",
    "click_rate",
    "redeemed",
    "bounced",
    "unsubscribed",
    "complained",
)
PAIR = {"difference": "variant_lift.abs_lift"}


def show(desk: Desk) -> None:
    """Draw the page."""
    desk.title("campaigns.title", "campaigns.lead")
    found = figures.overview(desk.query)
    if not found.num_rows:
        desk.empty("campaigns.nothing")
        return
    if found.num_rows > figures.CAMPAIGNS:
        st.caption(
            desk.words(
                "campaigns.last",
                shown=desk.formats.number(figures.CAMPAIGNS),
                all=desk.formats.number(found.num_rows),
            )
        )
    lift, money, paths, one = st.tabs(
        [desk.words(f"campaigns.{tab}") for tab in ("lift", "returns", "attribution", "one")]
    )
    with lift, desk.part():
        _lifts(desk)
    with money, desk.part():
        _returns(desk)
    with paths, desk.part():
        _attribution(desk)
    with one, desk.part():
        _one(desk, found)


# -- what was moved ------------------------------------------------------------------------------


def _lifts(desk: Desk) -> None:
    found = figures.lifts(desk.query)
    st.caption(desk.words("campaigns.lift_is"))
    if not found.num_rows:
        desk.empty("campaigns.no_holdout")
        return
    desk.chart(
        intervals.lifts(lifts.intervals(desk, found, "campaign_name"), lifts.interval_words(desk)),
        "campaigns-lift",
        found,
        alt=desk.words("campaigns.lift_alt"),
    )
    st.caption(desk.words("campaigns.reliable_is"))


# -- what it cost and brought --------------------------------------------------------------------


def _returns(desk: Desk) -> None:
    found = figures.returns(desk.query)
    if not found.num_rows:
        desk.empty("campaigns.no_costs")
        return
    desk.heading("campaigns.roi_both", "campaigns.roi_both_is")
    names = {name: desk.words(f"campaigns.{name}") for name in ("roi", "incremental_roi")}
    rows = [
        {"name": row["campaign_name"], "measure": said, "value": row[name]}
        for row in found.to_pylist()
        for name, said in names.items()
        if row[name] is not None
    ]
    desk.chart(
        intervals.returns(
            rows,
            names
            | {"name": desk.words("campaigns.name"), "axis": desk.words("campaigns.return_axis")},
        ),
        "campaigns-roi",
        found,
        alt=desk.words("campaigns.roi_alt"),
    )
    _money(desk, found)
    desk.heading("campaigns.costs", of=[MONEY["total_cost"]])
    costs = figures.costs(desk.query)
    titles = {name: desk.words(f"campaigns.{name}") for name in ("campaign_name", "cost_type")}
    titles["amount"] = desk.words("campaigns.amount", currency=desk.formats.currency)
    desk.chart(
        bars.stacked(costs, "campaign_name", "cost_type", "amount", desk.label, titles),
        "campaigns-costs",
        costs,
        alt=desk.words("campaigns.costs_alt"),
    )


def _money(desk: Desk, found: pa.Table) -> None:
    rows, formats = found.to_pylist(), desk.formats
    cells: dict[str, Cell] = {
        "campaign_name": lambda row: row["campaign_name"],
        "total_cost": lambda row: formats.money(row["total_cost"]),
        "attributed_revenue": lambda row: formats.money(row["attributed_revenue"]),
        "attributed_contribution": lambda row: formats.money(row["attributed_contribution"]),
        "incremental_contribution": lambda row: formats.money(row["incremental_contribution"]),
        "roas": lambda row: formats.number(row["roas"], 1),
        "roi": lambda row: formats.percent(row["roi"], 0),
        "incremental_roi": lambda row: formats.percent(row["incremental_roi"], 0),
    }
    grid(desk, "campaigns", rows, cells, known=MONEY)
    unknown = sum(row["unknown_costs"] for row in rows)
    if unknown:
        st.caption(desk.words("campaigns.unknown_costs", count=formats.number(unknown)))


# -- to what orders are credited -----------------------------------------------------------------


def _attribution(desk: Desk) -> None:
    found = figures.attribution(desk.query)
    st.caption(desk.words("campaigns.attribution_is"))
    if not found.num_rows:
        desk.empty("campaigns.no_contacts")
        return
    formats = desk.formats
    rows = [
        {
            "row": desk.label(row["channel"]),
            "column": desk.label(row["model"]),
            "value": row["share"],
            "text": formats.percent(row["share"]),
            "revenue": formats.money(row["revenue"]),
            "orders": formats.number(row["orders"], 1),
        }
        for row in found.to_pylist()
    ]
    said = {name: desk.words(f"campaigns.{name}") for name in ("channel", "model", "orders")}
    said["revenue"] = desk.name("attribution_credits.revenue_credit")
    desk.chart(
        heat.cells(
            rows,
            {"row": "", "column": ""},
            [
                told("row", said["channel"]),
                told("column", said["model"]),
                told("revenue", said["revenue"]),
                told("orders", said["orders"]),
                told("text", desk.words("campaigns.share")),
            ],
            height=34,
        ),
        "campaigns-attribution",
        found,
        alt=desk.words("campaigns.attribution_alt"),
    )
    with st.expander(desk.words("campaigns.models")):
        for model in figures.MODELS:
            st.markdown(f"**{desk.label(model)}**: {desk.words(f'campaigns.{model}_is')}")


# -- one campaign --------------------------------------------------------------------------------


def _one(desk: Desk, found: pa.Table) -> None:
    rows = {row["campaign_key"]: row for row in found.to_pylist()}
    key = st.selectbox(
        desk.words("campaigns.which"),
        list(rows),
        format_func=lambda key: _called(desk, rows[key]),
        key="campaigns-which",
    )
    row = rows[key]
    st.caption(
        desk.words(
            "campaigns.about",
            purpose=plain(desk.label(row["purpose"])),
            owner=plain(desk.label(row["owner"])),
            target=plain(desk.label(row["target_segment"])),
        )
    )
    _tiles(desk, row)
    desk.heading("campaigns.days", "campaigns.days_is")
    _days(desk, key, row["campaign_id"])
    _variants(desk, row["campaign_id"])
    _messages(desk, key)
    outcomes = figures.outcomes(desk.query, key)
    if outcomes.num_rows:
        desk.heading("campaigns.outcomes", "campaigns.outcomes_is")
        titles = {name: desk.words(f"campaigns.{name}") for name in ("outcome", "contacts")}
        desk.chart(
            bars.counts(outcomes, "outcome", "contacts", desk.label, titles),
            "campaigns-outcomes",
            outcomes,
            alt=desk.words("campaigns.outcomes_alt"),
        )


def _called(desk: Desk, row: dict[str, Any]) -> str:
    formats, begun = desk.formats, row["starts_at"]
    # A campaign that begins with a month began, in UTC, in the one before.
    when = f" · {formats.month(formats.local(begun))}" if begun else ""
    return f"{row['campaign_name']} · {desk.label(row['channel'])}{when}"


def _tiles(desk: Desk, row: dict[str, Any]) -> None:
    """What is known of it: of a list whom it reached, of media how often it was shown."""
    formats = desk.formats
    if row["targeted"]:
        told = {
            "targeted": formats.number(row["targeted"]),
            "held_out": formats.number(row["held_out"]),
            "abs_lift": lifts.points(desk, row["abs_lift"]),
            "incremental_conversions": formats.number(row["incremental_conversions"]),
            "open_rate": formats.percent(row["open_rate"]),
            "click_rate": formats.percent(row["click_rate"]),
        }
    else:
        told = {
            "impressions": formats.number(row["impressions"]),
            "ad_clicks": formats.number(row["ad_clicks"]),
        }
        if row["delivered"]:
            told["delivered"] = formats.number(row["delivered"])
    told["total_cost"] = formats.money(row["total_cost"])
    numbers(desk, "campaigns", told, REACHED | lifts.KNOWN | MONEY)


def _days(desk: Desk, campaign_key: str, campaign_id: str) -> None:
    found = figures.days_after(desk.query, campaign_key, campaign_id)
    if not found.num_rows:
        desk.empty("campaigns.no_days")
        return
    rows = found.to_pylist()
    is_causal = all(row["is_causal"] for row in rows)
    if not is_causal:
        st.warning(desk.words("campaigns.not_causal"), icon=":material/warning:")
    measure = choose(desk, "campaigns-measure", MEASURES, "campaigns.measure")
    shown = [row for row in rows if row["measure"] == measure]
    names = [desk.words(f"campaigns.{name}") for name in ("happened", shown[0]["compared_with"])]
    points = [
        {"day": row["day_after"], "measure": name, "value": row[column]}
        for row in shown
        for column, name in zip(("value", "compared"), names, strict=True)
        if row[column] is not None
    ]
    value = desk.label(measure)
    if measure == "net_revenue":
        value = f"{value} ({desk.formats.currency})"
    titles = {"day": desk.words("campaigns.day"), "value": value}
    desk.chart(
        lines.days(points, names, titles, ",.0f" if measure == "net_revenue" else ",.1~f"),
        "campaigns-days",
        found,
        alt=desk.words("campaigns.days_alt"),
    )
    _days_told(desk, shown, measure)
    if rows[0]["customers"] is not None:
        st.caption(
            desk.words(
                "campaigns.scaled",
                customers=desk.formats.number(rows[0]["customers"]),
                held_out=desk.formats.number(rows[0]["compared_customers"]),
            )
        )


def _days_told(desk: Desk, rows: list[dict[str, Any]], measure: str) -> None:
    """The points of the curve as text, and how far apart the two are."""
    formats = desk.formats

    def tell(value: float | None) -> str:
        if measure == "net_revenue":
            return formats.money(value)
        # Orders come whole; only what is scaled or a mean has parts of one.
        return formats.number(value, 0 if value is None or float(value).is_integer() else 1)

    def gap(row: Row) -> str:
        known = row["value"] is not None and row["compared"] is not None
        return tell(float(row["value"]) - float(row["compared"])) if known else tell(None)

    cells: dict[str, Cell] = {
        "day": lambda row: f"D+{row['day_after']}",
        "happened": lambda row: tell(row["value"]),
        rows[0]["compared_with"]: lambda row: tell(row["compared"]),
        "gap": gap,
    }
    grid(desk, "campaigns", rows, cells, known={"happened": f"campaign_day_after.{measure}"})


def _variants(desk: Desk, campaign_id: str) -> None:
    """Each variant beside its holdout, and each beside each other."""
    found = figures.variant_lifts(desk.query, campaign_id)
    pairs = figures.pairs(desk.query, campaign_id)
    if not pairs.num_rows:
        return
    desk.heading("campaigns.variants", "campaigns.variants_is")
    rows = lifts.intervals(desk, found, "variant")
    for row in rows:
        row["name"] = desk.words("campaigns.variant_of", variant=row["variant"])
    if rows:
        desk.chart(
            intervals.lifts(rows, lifts.interval_words(desk)),
            "campaigns-variants",
            found,
            alt=desk.words("campaigns.variants_alt"),
        )
    formats = desk.formats
    cells: dict[str, Cell] = {
        "pair": lambda row: f"{row['variant']} / {row['other_variant']}",
        "rates": lambda row: (
            f"{formats.percent(row['rate'])} / {formats.percent(row['other_rate'])}"
        ),
        "difference": lambda row: lifts.points(desk, row["abs_lift"]),
        "interval": lambda row: lifts.interval(desk, row),
        "verdict": lambda row: desk.words(f"campaigns.{lifts.verdict(row)}"),
    }
    grid(desk, "campaigns", pairs.to_pylist(), cells, known=PAIR, left=cells)


def _messages(desk: Desk, campaign_key: str) -> None:
    """What became of the messages: by variant, then step by step."""
    found = figures.messages(desk.query, campaign_key)
    if not found.num_rows:
        return
    desk.heading("campaigns.messages", "campaigns.messages_is")
    formats, said = desk.formats, desk.words
    cells: dict[str, Cell] = {
        "variant": lambda row: (
            said("campaigns.everything") if row["variant"] == figures.ALL else row["variant"]
        ),
        "step": lambda row: formats.number(row["step"]) if row["step"] else "",
        "sent": lambda row: formats.number(row["sent"]),
        "delivered": lambda row: formats.number(row["delivered"]),
        "open_rate": lambda row: formats.percent(row["open_rate"]),
        "click_rate": lambda row: formats.percent(row["click_rate"]),
        "redeemed": lambda row: formats.number(row["redeemed"]),
        "bounced": lambda row: formats.number(row["bounced"]),
        "unsubscribed": lambda row: formats.number(row["unsubscribed"]),
        "complained": lambda row: formats.number(row["complained"]),
    }
    rows = found.to_pylist()
    height = min(len(rows) * 35 + 38, 420)
    grid(desk, "campaigns", rows, cells, known=REACHED, height=height)
