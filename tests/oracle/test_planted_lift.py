"""The 95 % intervals of campaign_lift cover lifts that were planted, 95 times of 100.

The facts are put where core would have them, and the models behind campaign_lift run over them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

import pyarrow as pa
import pytest

from tests.oracle.company import MADRID, Row
from tests.oracle.compiled import Project
from tests.oracle.warehouse import Warehouse

DAY = date(2026, 10, 26)
ASSIGNED_AT = datetime.fromisoformat("2026-09-01 08:00:00")
WINDOW_SECONDS = 30 * 86_400
CAMPAIGNS, CONVERSIONS = 400, 50
VARIANTS = ("A", "B")


class Planted:
    """Campaigns of two variants and a holdout, each arm with fifty conversions to be expected."""

    def __init__(self, random: Random) -> None:
        self.pulls: list[Row] = []
        self.orders: list[Row] = []
        self.lifts: dict[tuple[str, str], float] = {}
        for number in range(CAMPAIGNS):
            campaign = f"C{number:03d}"
            base = random.choice((0.15, 0.3, 0.5))
            for variant in VARIANTS:
                lift = random.choice((-0.03, 0.0, 0.03, 0.1))
                self.lifts[campaign, variant] = lift
                self._assign(random, campaign, variant, "list", base + lift)
                self._assign(random, campaign, variant, "holdout", base)

    def _assign(
        self, random: Random, campaign: str, variant: str, bucket: str, rate: float
    ) -> None:
        for place in range(round(CONVERSIONS / rate * random.uniform(1.02, 2))):
            customer = f"{campaign}{variant}{bucket}{place}"
            self.pulls.append(
                {
                    "pull_key": customer,
                    "campaign_id": campaign,
                    "variant": variant,
                    "bucket": bucket,
                    "pulled_at": ASSIGNED_AT,
                    "customer_id": customer,
                    "is_in_both_arms": False,
                }
            )
            if random.random() < rate:
                after = timedelta(seconds=random.randint(0, WINDOW_SECONDS))
                self.orders.append(
                    {
                        "order_key": customer,
                        "customer_id": customer,
                        "ordered_at": ASSIGNED_AT + after,
                        "order_date": ASSIGNED_AT.date(),
                        **dict.fromkeys(
                            ("is_identifiable", "is_fx_missing", "is_fully_refunded"), False
                        ),
                    }
                )


@pytest.fixture(scope="module")
def planted() -> Planted:
    return Planted(Random(20261026))


@pytest.fixture(scope="module")
def told(project: Project, planted: Planted) -> dict[tuple[str, str], Row]:
    """campaign_lift by campaign and variant: all campaigns of one build."""
    warehouse = Warehouse(project.behind(["campaign_lift"]), DAY, MADRID)
    for model, facts in (("fct_audience_pulls", planted.pulls), ("fct_orders", planted.orders)):
        relation = project.model(model).relation
        rows = pa.Table.from_pylist(facts)
        warehouse.db.register("facts", rows)
        warehouse.db.execute(f"insert into {relation} by name from facts")
    for model in ("int_campaign_assignments", "campaign_lift"):
        warehouse.db.execute(f'execute "run {model}"')
    columns = [name for name, _, _ in project.model("campaign_lift").columns]
    rows = warehouse.rows("campaign_lift", columns)
    lifts = [dict(zip(columns, row, strict=True)) for row in rows]
    return {(row["campaign_id"], row["variant"]): row for row in lifts}


def test_intervals_cover_the_planted_lift(
    planted: Planted, told: dict[tuple[str, str], Row]
) -> None:
    """Of one variant of each campaign, so that no two intervals share a customer."""
    covered = sum(
        told[campaign, "A"]["ci_low"] <= lift <= told[campaign, "A"]["ci_high"]
        for (campaign, variant), lift in planted.lifts.items()
        if variant == "A"
    )
    assert 0.92 * CAMPAIGNS <= covered <= 0.98 * CAMPAIGNS


def test_intervals_of_whom_nothing_moved_are_seldom_significant(
    planted: Planted, told: dict[tuple[str, str], Row]
) -> None:
    still = [key for key, lift in planted.lifts.items() if lift == 0]
    alarms = sum(told[key]["is_significant"] for key in still)
    assert len(still) > 150
    assert 0.02 * len(still) <= alarms <= 0.08 * len(still)


def test_whoever_converted_is_counted(planted: Planted, told: dict[tuple[str, str], Row]) -> None:
    totals = [row for (_, variant), row in told.items() if variant == "ALL"]
    assert len(totals) == CAMPAIGNS
    assert sum(row["treated"] + row["held_out"] for row in totals) == len(planted.pulls)
    assert sum(row["treated_conversions"] + row["holdout_conversions"] for row in totals) == len(
        planted.orders
    )
