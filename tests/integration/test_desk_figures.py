"""The figures of the desk's pages, of what is really published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pytest

from cartera.desk.figures import Query, campaigns, kpis, quality, retention, segments, service
from tests.integration.conftest import Built


@pytest.fixture(scope="module")
def query(demo: Built) -> Any:
    with demo.connect() as db:

        def answer(sql: str, parameters: Mapping[str, Any] | None = None, /) -> pa.Table:
            return db.execute(sql, dict(parameters or {})).to_arrow_table()

        yield answer


def test_flows_of_two_months_in_a_row_are_the_migrations(query: Query) -> None:
    last, before = segments.month_ends(query)[:2]
    for scheme in segments.WITH_HISTORY:
        found = segments.flows(query, scheme, before, last)
        published = query(
            """
            select from_segment, to_segment, customers, is_move, share_of_from
            from warehouse.marts.segment_migrations
            where scheme = $scheme and month_end = $month_end
            """,
            {"scheme": scheme, "month_end": last},
        )
        assert found.num_rows > 2
        assert by_ends(found) == by_ends(published)


def by_ends(table: pa.Table) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {
        (row["from_segment"], row["to_segment"]): (
            row["customers"],
            row["is_move"],
            pytest.approx(row["share_of_from"]),
        )
        for row in table.to_pylist()
    }


def test_sizes_of_today_are_those_of_everybody(query: Query) -> None:
    (whole,) = query(
        "select count(*) as customers, sum(contribution) as contribution "
        "from warehouse.marts.customer_360"
    ).to_pylist()
    for scheme in segments.SCHEMES:
        rows = segments.sizes(query, scheme).to_pylist()
        assert sum(row["customers"] for row in rows) == whole["customers"]
        assert sum(row["contribution"] for row in rows) == whole["contribution"]
        # No segment that the page could not name in its order.
        assert {row["segment"] for row in rows} <= {*segments.SCHEMES[scheme], segments.NOBODY}


def test_six_models_credit_the_same_revenue(query: Query) -> None:
    rows = campaigns.attribution(query).to_pylist()
    totals = {
        model: sum(row["revenue"] for row in rows if row["model"] == model)
        for model in campaigns.MODELS
    }
    assert len(set(totals.values())) == 1
    assert min(totals.values()) > 0


@pytest.mark.parametrize(
    "figure",
    [
        segments.effort,
        campaigns.overview,
        campaigns.lifts,
        campaigns.returns,
        campaigns.costs,
        retention.cohorts,
        retention.fits,
        retention.churn_distribution,
        quality.quarantine,
        lambda query: segments.history(query, "value_tier"),
        lambda query: campaigns.days_after(query, "ads|ADS-01", "ADS-01"),
        lambda query: campaigns.variant_lifts(query, "CMP-01"),
        lambda query: campaigns.pairs(query, "CMP-01"),
        lambda query: campaigns.messages(query, "mailing|CMP-01"),
        lambda query: campaigns.outcomes(query, "mailing|CMP-01"),
        lambda query: retention.buyers(query, "quarter"),
        lambda query: retention.clv_distribution(query),
        lambda query: service.complaints(query, "rfm_segment"),
        lambda query: service.topics(query, "year"),
        lambda query: kpis.latest(query, ["first_contact_resolution"], ["quarter"]),
        lambda query: kpis.series(query, ["churn_rate"], "month"),
        lambda query: kpis.by_member(query, "churn_rate", "trailing_year", "abc_class"),
    ],
)
def test_every_figure_has_its_tables(query: Query, figure: Callable[[Query], pa.Table]) -> None:
    assert figure(query).num_rows > 0
