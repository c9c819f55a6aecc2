"""Retention: who buys again, who does not, and what is expected of those who might."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import streamlit as st

from cartera.desk.desk import Desk
from cartera.desk.drawings import bars, heat, lines, told
from cartera.desk.figures import kpis
from cartera.desk.figures import retention as figures
from cartera.desk.figures.segments import SCHEMES, WITH_HISTORY
from cartera.desk.parts import choose, metrics, numbers, period

KINDS = ("quarter", "month", "year")
TILES = ("retention_rate", "churn_rate", "repeat_rate", "order_gap_days", "orders_per_buyer")


def show(desk: Desk) -> None:
    """Draw the page."""
    desk.title("retention.title", "retention.lead")
    metrics(desk, TILES, ("trailing_year", "year", "quarter", "month"), in_a_row=3)
    left, right = st.columns(2, gap="large")
    with left, desk.part("retention.churn", of=["churn_rate"]):
        _churn(desk)
    with right, desk.part("retention.members", of=["churn_rate"]):
        _members(desk)
    with desk.part("retention.cohorts"):
        _cohorts(desk)
    with desk.part("retention.clv"):
        _clv(desk)
    with desk.part("retention.fits"):
        _fits(desk)


def _churn(desk: Desk) -> None:
    kind = choose(desk, "retention-kind", KINDS, "retention.by")
    found = figures.buyers(desk.query, kind)
    name = desk.name("churn_rate")
    rows = [
        {
            "period_start": row["period_start"],
            "period": period(desk, kind, row["period_start"]),
            "name": name,
            "value": row["churn_rate"],
            "of": row["start_buyers"],
        }
        for row in found.to_pylist()
    ]
    titles = {"period": desk.words("retention.period"), "value": name}
    titles["of"] = desk.words("retention.start_buyers")
    desk.chart(
        lines.rates(rows, [name], titles, "year" if kind == "year" else "yearmonth", 330),
        f"retention-{kind}",
        found,
        alt=desk.words("retention.churn_alt"),
    )


def _members(desk: Desk) -> None:
    scheme = choose(desk, "retention-scheme", WITH_HISTORY, "retention.scheme")
    found = kpis.by_member(desk.query, "churn_rate", "trailing_year", scheme)
    if not found.num_rows:
        desk.empty("retention.no_year")
        return
    rows = sorted(found.to_pylist(), key=lambda row: _place(row["member"], SCHEMES[scheme]))
    ordered = pa.Table.from_pylist(rows, schema=found.schema)
    desk.chart(
        bars.counts(
            ordered,
            "member",
            "value",
            desk.label,
            {"member": desk.label(scheme), "value": desk.name("churn_rate")},
            form=".1%",
        ),
        f"retention-churn-{scheme}",
        ordered,
        alt=desk.words("retention.members_alt"),
    )
    st.caption(desk.words("retention.members_is"))


def _place(member: str, order: tuple[str, ...]) -> int:
    return order.index(member) if member in order else len(order)


def _cohorts(desk: Desk) -> None:
    found = figures.cohorts(desk.query)
    rows = found.to_pylist()
    if not any(row["period"] for row in rows):
        desk.empty("retention.no_cohort")
        return
    st.caption(desk.words("retention.cohorts_is"))
    formats = desk.formats
    shown: list[dict[str, Any]] = [
        {
            "row": desk.words(
                "retention.cohort",
                month=formats.month(row["cohort_month"]),
                size=formats.number(row["cohort_size"]),
            ),
            "column": str(row["period"]),
            "value": row["retention_rate"],
            "text": formats.number(row["retention_rate"] * 100),
            "rate": formats.percent(row["retention_rate"]),
            "active": f"{formats.number(row['active_customers'])} / "
            f"{formats.number(row['cohort_size'])}",
        }
        for row in rows
        if row["period"]
    ]
    said = desk.words
    desk.chart(
        heat.cells(
            shown,
            {"row": said("retention.cohort_month"), "column": said("retention.months_since")},
            [
                told("row", said("retention.cohort_month")),
                told("column", said("retention.months_since")),
                told("rate", said("retention.bought")),
                told("active", said("retention.customers")),
            ],
        ),
        "retention-cohorts",
        found,
        alt=said("retention.cohorts_alt"),
    )


def _clv(desk: Desk) -> None:
    (row,) = figures.clv(desk.query).to_pylist()
    if not row["customers"]:
        desk.empty("retention.no_clv")
        return
    formats = desk.formats
    tiles = {
        "clv_total": formats.money(row["total"]),
        "clv_mean": formats.money(row["mean"]),
        "clv_median": formats.money(row["median"]),
        "clv_top": formats.percent(row["top_decile_share"]),
    }
    numbers(desk, "retention", tiles, dict.fromkeys(tiles, "customer_360.clv"))
    left, right = st.columns(2, gap="large")
    with left:
        found = figures.clv_distribution(desk.query)
        names = [
            desk.words("retention.beyond", low=formats.money(bin["low"]))
            if bin["high"] is None
            else desk.words(
                "retention.range", low=formats.money(bin["low"]), high=formats.money(bin["high"])
            )
            for bin in found.to_pylist()
        ]
        desk.chart(
            bars.histogram(
                found,
                {
                    "low": desk.words("retention.clv_axis", currency=formats.currency),
                    "customers": desk.words("retention.customers"),
                },
                ",.0f",
                names,
            ),
            "retention-clv",
            found,
            alt=desk.words("retention.clv_alt"),
        )
    with right:
        risks = figures.churn_distribution(desk.query)
        if not risks.num_rows:
            desk.empty("retention.no_clv")
            return
        names = [
            desk.words(
                "retention.range",
                low=formats.percent(bin["low"], 0),
                high=formats.percent(bin["high"], 0),
            )
            for bin in risks.to_pylist()
        ]
        desk.chart(
            bars.histogram(
                risks,
                {
                    "low": desk.words("retention.risk_axis"),
                    "customers": desk.words("retention.customers"),
                },
                "%",
                names,
            ),
            "retention-risk",
            risks,
            alt=desk.words("retention.risk_alt"),
        )


def _fits(desk: Desk) -> None:
    """How far to trust what was shown above."""
    rows = figures.fits(desk.query).to_pylist()
    if not rows:
        desk.empty("retention.no_clv")
        return
    st.caption(desk.words("retention.fits_is"))
    said, formats = desk.words, desk.formats
    for row, column in zip(rows, st.columns(len(rows)), strict=True):
        is_good = row["status"] == "converged"
        with column, st.container(border=True, height="stretch"):
            st.markdown(
                f"{':material/check_circle:' if is_good else ':material/warning:'} "
                f"**{desk.label(row['model'])}** · {desk.label(row['status'])}"
            )
            told_of = said("retention.fitted", customers=formats.number(row["customers"]))
            st.caption(f"{told_of} {row['reason'] or ''}".strip())
            if row["parameters"]:
                errors = json.loads(row["standard_errors"] or "{}")
                st.caption(
                    " · ".join(
                        f"`{name}` {formats.number(value, 3)}"
                        f" ± {formats.number(errors.get(name), 3)}"
                        for name, value in json.loads(row["parameters"]).items()
                    )
                )
