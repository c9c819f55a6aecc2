"""The step: what it makes of orders, and that its factors score as the models do one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from cartera.prediction import bg_nbd, pareto_nbd
from cartera.prediction.histories import Cells, Histories
from cartera.prediction.predict import Options, fit_and_factor, predict, write_buyers
from tests.prediction.scoring import score, workshop
from tests.prediction.simulation import pareto_nbd_histories

AS_OF = date(2026, 11, 1)
OPTIONS = Options(365, 0.10, 100, 30, 100_000, 7)


def buyers(connection: duckdb.DuckDBPyConnection, customers: int = 3000) -> None:
    """A table ``buyers`` of customers drawn from a Pareto/NBD and a Gamma-Gamma."""
    rng = np.random.default_rng(6)
    x, recency, age = pareto_nbd_histories(rng, customers, r=0.8, alpha=6, s=0.9, beta=30, days=900)
    rates = rng.gamma(4.0, 1 / 90, customers)
    told = pa.table(
        {
            "customer_id": [f"C{number:05d}" for number in range(customers)],
            "repeat_purchases": x,
            "recency_days": recency,
            "age_days": age,
            "repeat_amounts": x,
            "spend": rng.gamma(3.0 * np.maximum(x, 1), 1 / rates) * (x > 0),
        }
    )
    connection.register("told", told)
    connection.execute(
        "create table work.prediction.buyers as "
        "select * exclude (spend), spend::decimal(18, 2) as repeat_spend from told"
    )


def table(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[object, ...]]:
    return connection.execute(f"from work.{name} order by all").fetchall()


def test_a_purchase_is_a_day_with_an_order_that_was_kept() -> None:
    """Two orders of a day are one; one refunded in full is none; nobody's are nobody's. Amounts
    count above zero, where known, and not those of the first day.
    """
    day = "insert into work.staging.stg_netted_orders values ('shop', '{}', '2026-{}', {}, {})"
    orders = [
        ("A", "10-01", "10", "false"),
        ("A", "10-01", "5", "false"),
        ("A", "10-08", "20", "false"),
        ("A", "10-08", "1.50", "false"),
        ("A", "10-15", "null", "false"),
        ("A", "10-20", "0", "false"),
        ("A", "10-29", "0", "true"),
        ("B", "10-31", "7", "false"),
        ("B2", "10-24", "-7", "false"),
        ("C", "10-01", "0", "true"),
        ("D", "10-01", "50", "false"),
        ("E", "10-01", "null", "false"),
        ("E", "10-02", "5", "false"),
        ("E", "10-02", "null", "false"),
    ]
    with workshop() as connection:
        for order in orders:
            connection.execute(day.format(*order))
        for record, customer in (("A", "CA"), ("B", "CB"), ("B2", "CB"), ("C", "CC"), ("E", "CE")):
            connection.execute(
                f"insert into work.identity.bindings values ('shop', '{record}', '{customer}')"
            )
        write_buyers(connection, AS_OF)
        assert table(connection, "prediction.buyers") == [
            ("CA", 3, 19, 30, 1, Decimal("21.50")),
            ("CB", 1, 7, 7, 1, Decimal("7.00")),
            ("CE", 1, 1, 30, 0, Decimal("0.00")),
        ]


def test_factors_score_as_the_models_do_one_by_one() -> None:
    """In SQL from three joins, against the models' own functions for each history."""
    with workshop() as connection:
        buyers(connection)
        fits = fit_and_factor(connection, as_of=AS_OF, options=OPTIONS)
        assert [fit.status for fit in fits] == ["converged"] * 3
        score(connection)
        found = connection.execute(
            "select scores.*, age_days, recency_days, repeat_spend::double as spend "
            "from work.marts.customer_clv as scores join work.prediction.buyers "
            "using (customer_id) order by customer_id"
        ).fetchnumpy()
    orders, life, spend = (fit.vector for fit in fits)
    assert orders is not None
    assert life is not None
    assert spend is not None
    x, days = found["repeat_purchases"], found["age_days"]
    histories = [Histories.group([a], [b], [c]) for a, b, c in
                 zip(x, found["recency_days"], days, strict=True)]  # fmt: skip
    cells = Cells(x, days, np.arange(len(x)))
    there = np.array([bg_nbd.p_alive(orders, one)[0] for one in histories])
    alive = np.array([pareto_nbd.p_alive(life, one)[0] for one in histories])
    none = pareto_nbd.no_order(life, cells, 365)
    assert found["p_alive"] == pytest.approx(alive, rel=1e-9, abs=1e-12)
    assert found["churn_risk"] == pytest.approx(1 - alive * (1 - none), rel=1e-9, abs=1e-12)
    expected = there * bg_nbd.expected_orders(orders, cells, 365 / 7)
    assert found["expected_orders"] == pytest.approx(expected, rel=1e-9, abs=1e-12)

    p, q, v = spend
    value = (v + found["spend"]) * p / (p * x + q - 1)
    assert found["expected_order_value"].astype(float) == pytest.approx(value, abs=0.0051)
    months = [bg_nbd.expected_orders(orders, cells, 365 / 12 / 7 * m) for m in range(13)]
    discounts = (1 + 0.10 / 12) ** -np.arange(1.0, 13.0)
    worth = discounts @ np.diff(months, axis=0)
    assert found["clv"].astype(float) == pytest.approx(there * worth * value, abs=0.0051)
    assert (found["clv"].astype(float) <= expected * value + 0.0051).all()


def test_order_of_rows_changes_nothing() -> None:
    written = []
    for order in ("customer_id", "md5(customer_id)"):
        with workshop() as connection:
            buyers(connection, 800)
            connection.execute(
                f"create or replace table work.prediction.buyers as "
                f"from work.prediction.buyers order by {order}"
            )
            fit_and_factor(connection, as_of=AS_OF, options=OPTIONS)
            score(connection)
            written.append(
                [table(connection, name) for name in ("prediction.fits", "marts.customer_clv")]
            )
    assert written[0] == written[1]


def test_more_buyers_than_the_sample_are_all_scored() -> None:
    """Whoever is in the sample is so by id and seed alone."""
    with workshop() as connection:
        buyers(connection)
        some = [
            fit_and_factor(connection, as_of=AS_OF, options=replace(OPTIONS, sample=1000, seed=s))
            for s in (7, 7, 8)
        ]
        score(connection)
        scored = connection.execute("select count(clv) from work.marts.customer_clv").fetchall()
    assert [fits[0].customers for fits in some] == [1000, 1000, 1000]
    assert some[0] == some[1]
    assert some[0][0].parameters != some[2][0].parameters
    assert scored == [(3000,)]


def test_a_refused_fit_scores_nobody_and_says_why() -> None:
    """No older fit, no other model and no guess takes its place."""
    with workshop() as connection:
        buyers(connection, 90)
        predict_again = replace(OPTIONS, min_repeat_buyers=80)
        fit_and_factor(connection, as_of=AS_OF, options=OPTIONS)
        fit_and_factor(connection, as_of=AS_OF, options=predict_again)
        score(connection)
        fits = connection.execute(
            "select model, parameters, log_likelihood, customers, status, reason "
            "from work.prediction.fits order by model"
        ).fetchall()
        scores = connection.execute(
            "select count(*), count(p_alive), count(expected_orders), count(clv), "
            "count(churn_risk), count(expected_order_value), count(fit_id) "
            "from work.marts.customer_clv"
        ).fetchall()
    again = fits[1][3]
    few = "90 customers bought; it takes 100."
    assert fits == [
        ("bg_nbd", None, None, 90, "too_few_customers", few),
        (
            "gamma_gamma", None, None, again, "too_few_repeat_buyers",
            f"{again} customers bought again for an amount above zero; it takes 80.",
        ),
        ("pareto_nbd", None, None, 90, "too_few_customers", few),
    ]  # fmt: skip
    assert scores == [(90, 0, 0, 0, 0, 0, 90)]


def test_one_customer_and_none_are_no_fault() -> None:
    with workshop() as connection:
        for number in (0, 1):
            predict(connection, as_of=AS_OF, options=OPTIONS)
            score(connection)
            assert len(table(connection, "prediction.fits")) == 3
            assert len(table(connection, "marts.customer_clv")) == number
            connection.execute(
                "insert into work.staging.stg_netted_orders "
                "select 'shop', 'A', date '2026-10-31', 5, false from range(1000)"
            )
            connection.execute("insert into work.identity.bindings values ('shop', 'A', 'CA')")
