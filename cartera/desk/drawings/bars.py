"""Bars: one, or two to compare, for each member, with their values at the end."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pyarrow as pa

from cartera.desk import charts
from cartera.desk.drawings import COUNT, RATE, ROW, Label, inline, tip, told, values


def shares(
    table: pa.Table,
    member: str,
    measures: dict[str, str],
    label: Label,
    title: str,
    about: Label | None = None,
) -> alt.LayerChart:
    """Shares of several measures side by side for each member, in the order of ``table``.

    ``measures`` maps columns with fractions to what they are called, the first at the top;
    ``about`` says what a member is, on hover.
    """
    rows = [
        {
            "member": label(row[member]),
            "measure": name,
            "share": row[column],
            "told": f"{label(row[member])}: {about(row[member])}" if about else label(row[member]),
        }
        for row in table.to_pylist()
        for column, name in measures.items()
        if row[column] is not None
    ]
    names = list(measures.values())
    base = alt.Chart(inline(rows)).encode(
        y=alt.Y("member:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)),
        yOffset=alt.YOffset("measure:N", sort=names, scale=alt.Scale(paddingOuter=0.05)),
    )
    bars = (
        base.mark_bar()
        .encode(
            x=alt.X("share:Q", title=None, axis=alt.Axis(format="%", grid=True, tickCount=6)),
            color=alt.Color("measure:N", sort=names, scale=_colours(names), legend=alt.Legend()),
            tooltip=[
                told("told", title),
                told("said", ""),
            ],
        )
        .transform_calculate(said=f"datum.measure + ': ' + format(datum.share, '{RATE}')")
    )
    return alt.layer(bars, _ends(base, "share", RATE)).properties(
        height=max(len(names) * 17, ROW) * table.num_rows + 40
    )


def counts(
    table: pa.Table,
    member: str,
    measure: str,
    label: Label,
    titles: dict[str, str],
    *,
    form: str = COUNT,
) -> alt.LayerChart:
    """One bar for each member, in the order of ``table``; ``titles`` names both columns."""
    base = alt.Chart(values(table, member_=lambda row: label(row[member]))).encode(
        y=alt.Y("member_:N", sort=None, title=None, axis=alt.Axis(labelLimit=260))
    )
    bars = base.mark_bar(height=16).encode(
        x=alt.X(
            f"{measure}:Q",
            title=titles[measure],
            axis=_axis(form),
        ),
        tooltip=[told("member_", titles[member]), tip(measure, titles[measure], form)],
    )
    return alt.layer(bars, _ends(base, measure, form)).properties(height=ROW * table.num_rows + 40)


def stacked(
    table: pa.Table,
    member: str,
    part: str,
    measure: str,
    label: Label,
    titles: dict[str, str],
) -> alt.Chart:
    """A bar of parts for each member, in the order of ``table``; parts by the order of ``part``."""
    parts = list(dict.fromkeys(label(value) for value in table[part].to_pylist()))
    members = len(set(table[member].to_pylist()))
    return (
        alt.Chart(values(table, part_=lambda row: label(row[part])))
        .mark_bar(height=18)
        .encode(
            y=alt.Y(f"{member}:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
            x=alt.X(
                f"{measure}:Q",
                title=titles[measure],
                axis=alt.Axis(format=COUNT, grid=True, tickCount=6),
            ),
            color=alt.Color("part_:N", sort=parts, scale=_colours(parts), legend=alt.Legend()),
            order=alt.Order("order:Q"),
            tooltip=[
                told(member, titles[member]),
                told("part_", titles[part]),
                tip(measure, titles[measure], ",.2f"),
            ],
        )
        .transform_calculate(order=f"indexof({parts!r}, datum.part_)")
        .properties(height=ROW * members + 60)
    )


def histogram(
    table: pa.Table, titles: dict[str, str], axis_format: str, names: Sequence[str]
) -> alt.Chart:
    """Customers in bins from ``low`` to ``high``; a last bin without ``high`` has all beyond.

    ``names`` says each bin in words, for who hovers over it.
    """
    rows = table.to_pylist()
    width = rows[0]["high"] - rows[0]["low"] if rows[0]["high"] is not None else 1
    data = inline(
        [
            {**row, "end": row["low"] + width if row["high"] is None else row["high"], "bin": name}
            for row, name in zip(rows, names, strict=True)
        ]
    )
    return (
        alt.Chart(data)
        .mark_bar(binSpacing=2)
        .encode(
            x=alt.X(
                "low:Q",
                bin="binned",
                title=titles["low"],
                axis=alt.Axis(format=axis_format, grid=False, tickCount=8),
            ),
            x2="end:Q",
            y=alt.Y(
                "customers:Q",
                stack=None,
                title=titles["customers"],
                axis=alt.Axis(format=COUNT, tickCount=5),
            ),
            color=alt.condition(
                "datum.high == null", alt.value(charts.ORANGE), alt.value(charts.BLUE)
            ),
            tooltip=[told("bin", titles["low"]), tip("customers", titles["customers"], COUNT)],
        )
        .properties(height=260)
    )


def _ends(base: alt.Chart, measure: str, form: str) -> alt.Chart:
    """The values at the ends of bars; of those below zero at zero, where names do not stand."""
    return (
        base.transform_calculate(end=f"max(datum.{measure}, 0)")
        .mark_text(align="left", dx=4, color=charts.QUIET, fontSize=11.5)
        .encode(x="end:Q", text=alt.Text(f"{measure}:Q", format=form))
    )


def _axis(form: str) -> alt.Axis:
    """An axis of rates without their decimals, of counts without parts of one."""
    if "%" in form:
        return alt.Axis(format=form.replace("1", "0"), grid=True, tickCount=5)
    return alt.Axis(format=form, grid=True, tickCount=5, tickMinStep=1)


def _colours(names: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=list(names), range=list(charts.PALETTE[: len(names)]))
