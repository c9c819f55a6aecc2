"""After retention a real build passes its gate, and what is left is what it was."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

import duckdb
import pytest

from cartera import batches, publications
from cartera.arrows import BuildReport, build, retain
from cartera.privacy.retention import cutoff
from cartera.settings import Settings
from ingestion.contract import CONTRACTS
from tests.integration.conftest import AS_OF, Built, own_settings

# A copy of the demo's home, a retention and a build: a minute of a processor.
pytestmark = pytest.mark.nightly

PERIOD = "12m"
FIRST = cutoff(AS_OF, PERIOD)
KEPT_FOR_A_YEAR = (
    "crm/interactions",
    "mailing/campaign_messages",
    "shop/order_lines",
    "shop/orders",
    "till/order_lines",
    "till/orders",
    "cartera/audience_pulls",
    "web/web_events",
)
REVENUE = (
    "select order_date, count(*), sum(net_revenue) from warehouse.core.fct_orders "
    "where order_date >= ? group by all order by all"
)
IDS = "select customer_id from warehouse.marts.customer_360"


@dataclass(frozen=True)
class Kept:
    settings: Settings
    went: int
    report: BuildReport


@pytest.fixture(scope="module")
def kept(demo: Built, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    home = tmp_path_factory.mktemp("retention") / "home"
    subprocess.run(["cp", "-a", demo.settings.home, home], check=True)
    settings = own_settings(home)
    for name in KEPT_FOR_A_YEAR:
        own = settings.contracts / f"{name}.yml"
        own.parent.mkdir(parents=True, exist_ok=True)
        text = (CONTRACTS / f"{name}.yml").read_text()
        # Lines have no time of their own: they stay for the time of their orders and some more.
        period = "14m" if name.endswith("order_lines") else PERIOD
        own.write_text(f"{text}\nretention: {period}\n")
    went = retain(settings, as_of=AS_OF).contracts
    report = build(settings, as_of=AS_OF)
    return Kept(settings, sum(c["rows"] + c["refused"] for c in went), report)


def ask(settings: Settings, sql: str, *values: object) -> list[tuple[object, ...]]:
    current = publications.current(settings)
    assert current
    with duckdb.connect() as db:
        db.execute(f"attach '{current.warehouse}' as warehouse (read_only)")
        return db.execute(sql, list(values)).fetchall()


def test_the_gate_lets_it_pass_and_no_holdout_is_taken_for_spoiled(kept: Kept) -> None:
    assert kept.report.gate_status.startswith("passed")
    assert not [w for w in kept.report.warnings if w.startswith("holdout_as_meant")]


def test_every_batch_balances_by_what_went(kept: Kept) -> None:
    found = batches.scan(kept.settings)
    assert all(m.received == m.accepted + m.quarantined + m.erased for m in found)
    assert sum(m.erased for m in found) == kept.went > 1000


def test_what_is_kept_is_what_it_was_and_nothing_older_is_there(demo: Built, kept: Kept) -> None:
    (told,) = ask(kept.settings, "select min(order_date) from warehouse.core.fct_orders")
    assert told == (FIRST,)
    assert ask(kept.settings, REVENUE, FIRST) == ask(demo.settings, REVENUE, FIRST)
    assert {*ask(kept.settings, IDS)} <= {*ask(demo.settings, IDS)}
