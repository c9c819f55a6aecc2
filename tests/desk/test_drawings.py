"""What is drawn is what was counted."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartera.desk.drawings import bars, flow, heat, intervals, lines

ORDER = ("A", "B", "C")
TITLES = {
    name: name
    for name in ("from", "to", "customers", "share", "stayed", "other", "into", "out_of", "others")
}


def flows(*counted: tuple[str, str, int]) -> list[dict[str, Any]]:
    return [
        {"from_segment": a, "to_segment": b, "customers": n, "share_of_from": 1.0}
        for a, b, n in counted
    ]


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("ABCX"), st.sampled_from("ABC")),
        st.integers(min_value=1, max_value=1000),
        min_size=1,
    )
)
def test_bands_fill_both_columns_without_overlap(counted: dict[tuple[str, str], int]) -> None:
    nodes, bands = flow.layout(flows(*((*ends, n) for ends, n in counted.items())), ORDER)
    for side in (0, 1):
        column = [node for node in nodes if node.side == side]
        assert sum(node.customers for node in column) == sum(counted.values())
        for node in column:
            ends = sorted(
                (band.right if side else band.left, band.customers)
                for band in bands
                if node.segment == (band.to_segment if side else band.from_segment)
            )
            place = node.low
            for low, customers in ends:
                assert low == pytest.approx(place)
                place += customers
            assert place == pytest.approx(node.low + node.customers)
        for above, below in itertools.pairwise(column):
            assert above.low + above.customers < below.low


def test_columns_go_by_the_order_of_the_scheme_and_newcomers_come_last() -> None:
    nodes, _ = flow.layout(flows(("(new)", "C", 1), ("C", "A", 1), ("A", "B", 1)), ORDER)
    assert [node.segment for node in nodes] == ["A", "C", "(new)", "A", "B", "C"]


def test_who_is_followed_stands_out_both_ways() -> None:
    drawn = flow.draw(
        flows(("A", "B", 3), ("B", "A", 2), ("B", "B", 5), ("C", "C", 1), ("C", "B", 1)),
        ORDER,
        str,
        TITLES,
        follow="A",
    )
    kinds = {(row["from"], row["to"]): row["kind"] for row in rows_of(drawn) if "kind" in row}
    assert kinds == {
        ("A", "B"): "out_of",
        ("B", "A"): "into",
        ("B", "B"): "stayed",
        ("C", "C"): "stayed",
        ("C", "B"): "stayed",
    }


def test_a_band_is_as_high_as_its_customers_all_along() -> None:
    drawn = flow.draw(flows(("A", "B", 30), ("B", "A", 20)), ORDER, str, TITLES)
    points = [row for row in rows_of(drawn) if "band" in row]
    assert {round(row["y2"] - row["y"], 6) for row in points} == {30, 20}
    # A point of an area is its own where anything but its band tells it from the others.
    (layer, *_) = drawn.to_dict()["layer"]
    assert "order" not in layer["encoding"]


def test_bins_are_not_stacked() -> None:
    """Stacked, Vega-Lite draws a bar from ``low`` to ``low``."""
    table = pa.table({"low": [0.0, 1.0], "high": [1.0, None], "customers": [3, 1]})
    drawn = bars.histogram(table, {"low": "", "customers": ""}, ",.0f", ["0-1", "1+"])
    assert drawn.to_dict()["encoding"]["y"]["stack"] is None
    assert [row["end"] for row in rows_of(drawn)] == [1.0, 2.0]


def test_an_unreliable_point_is_open() -> None:
    titles = dict.fromkeys(
        ("name", "abs_lift", "interval", "treated_rate", "holdout_rate", "axis"), ""
    )
    titles |= {"significant": "yes", "not_significant": "no"}
    drawn = intervals.lifts(
        [{"name": "x", "abs_lift": 0.1, "is_reliable": False}], titles
    ).to_dict()
    filled, opened = drawn["layer"][-2:]
    assert (filled["mark"]["filled"], filled["transform"][0]["filter"]) == (
        True,
        "datum.is_reliable",
    )
    assert (opened["mark"]["fill"], opened["transform"][0]["filter"]) == (
        "white",
        "!datum.is_reliable",
    )


def test_no_two_lines_on_hover_have_one_title() -> None:
    """Vega shows the last of them alone."""
    table = pa.table({"segment": ["A"], "share": [0.5]})
    drawn = bars.shares(table, "segment", {"share": "Share"}, str, "Segment", lambda _: "the best")
    (row,) = rows_of(drawn)
    assert row["told"] == "A: the best"
    charts = [drawn, flow.draw(flows(("A", "B", 3)), ORDER, str, TITLES)]
    for layer in [layer for chart in charts for layer in chart.to_dict()["layer"]]:
        titles = [line["title"] for line in layer["encoding"].get("tooltip", [])]
        assert len(titles) == len(set(titles))
        # Without one it would be the field's name.
        assert all(titles)


def test_a_heat_map_of_nothing_but_zeros_has_a_scale() -> None:
    cells = [{"row": "r", "column": "c", "value": 0.0, "text": "0"}]
    drawn = heat.cells(cells, {"row": "", "column": ""}, [])
    assert '"domain": [0, 0.5, 1]' in json.dumps(drawn.to_dict())


def rows_of(chart: Any) -> list[dict[str, Any]]:
    """Every row of every data set of a chart."""
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def test_days_after_are_two_curves_that_no_colour_has_to_tell_apart() -> None:
    rows = [
        {"day": day, "measure": name, "value": float(day)}
        for day in (0, 1, 7, 30)
        for name in ("with", "holdout")
    ]
    drawn = lines.days(rows, ["with", "holdout"], {"day": "Day", "value": "Orders"}, ",.1f")
    curve, points = drawn.to_dict()["layer"]
    assert (curve["mark"]["type"], points["mark"]["type"]) == ("line", "point")
    encoding = curve["encoding"]
    assert encoding["x"]["axis"]["values"] == [0, 1, 7, 30]
    # Far apart in time is far apart on the page.
    assert (encoding["x"]["type"], encoding["x"]["scale"]["type"]) == ("quantitative", "sqrt")
    solid, dashed = encoding["strokeDash"]["scale"]["range"]
    assert solid != dashed
    assert len(set(points["encoding"]["shape"]["scale"]["range"])) == 2
    assert len(set(encoding["color"]["scale"]["range"])) == 2
