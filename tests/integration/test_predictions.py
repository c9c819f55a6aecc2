"""The predictions of a built demo: everybody scored or told why not, and the same twice."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb
import pytest

from tests.integration.conftest import AS_OF, Built


@pytest.fixture(scope="module")
def db(demo: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with demo.connect() as connection:
        yield connection


def test_every_model_of_the_demo_converges(db: duckdb.DuckDBPyConnection) -> None:
    fits = db.execute(
        "select model, status, parameters, as_of from warehouse.marts.clv_fits order by model"
    ).fetchall()
    assert [(model, status) for model, status, _, _ in fits] == [
        ("bg_nbd", "converged"),
        ("gamma_gamma", "converged"),
        ("pareto_nbd", "converged"),
    ]
    assert {as_of for *_, as_of in fits} == {AS_OF}
    names = [list(json.loads(parameters)) for _, _, parameters, _ in fits]
    assert names == [["r", "alpha", "a", "b"], ["p", "q", "v"], ["r", "alpha", "s", "beta"]]


def test_every_buyer_is_scored_and_nobody_else(db: duckdb.DuckDBPyConnection) -> None:
    """customer_360 shows the same scores; who never ordered has none."""
    wrong = db.execute(
        """
        select customer_id
        from warehouse.marts.customer_360 as everybody
        full join warehouse.marts.customer_clv as scores using (customer_id)
        where (everybody.orders > 0) is distinct from (scores.clv is not null)
            or everybody.clv is distinct from scores.clv
            or everybody.churn_risk is distinct from scores.churn_risk
            or scores.churn_risk < 1 - scores.p_alive - 1e-12
        """
    ).fetchall()
    assert wrong == []


def test_who_bought_yesterday_is_likelier_there_than_who_was_silent_for_long(
    db: duckdb.DuckDBPyConnection,
) -> None:
    recent, silent = db.execute(
        "select avg(p_alive) filter (age_weeks - recency_weeks < 4), "
        "avg(p_alive) filter (age_weeks - recency_weeks > 40) from warehouse.marts.customer_clv"
    ).fetchall()[0]
    assert recent > silent + 0.2
