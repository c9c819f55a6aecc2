"""Every model with a case, a window or a tie proves it on a few rows; no rows are fine too."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera import dbt_parsed
from cartera.arrows.building import clv_options
from cartera.arrows.inputs import Inputs, expose_landing
from cartera.dbt import PROJECT
from cartera.duck import attach, connect, create_file
from cartera.identity.resolve import resolve
from cartera.prediction.predict import predict
from cartera.settings import CHECKOUT, Settings, load_settings
from tests.without_dbt import run_compiled

# What the project's own variables say.
DAY = {"as_of": "2026-11-01", "as_of_at": "2026-10-31 23:00:00"}
UNIT_TESTED = (
    "customer_history",
    "dim_accounts",
    "dim_customers",
    "dim_dates",
    "fact_counts",
    "fct_ad_stats",
    "fct_campaign_costs",
    "fct_contact_outcomes",
    "fct_customer_costs",
    "fct_interactions",
    "fct_leads",
    "fct_profile_answers",
    "fct_quotes",
    "fct_referrals",
    "fct_service_cases",
    "fct_survey_responses",
    "fct_web_product_views",
    "int_media_costs",
    "int_media_shares",
    "int_message_touches",
    "int_order_references",
    "int_people_versions",
    "int_personal_touches",
    "int_product_references",
    "int_web_cuts",
    "int_web_events",
    "int_web_stretches",
    "int_web_touches",
    "int_acquisition",
    "int_channel_responses",
    "int_lifecycle",
    "int_lifetime_contributions",
    "int_order_gaps",
    "int_preferred_channels",
    "int_reach",
    "int_relationship",
    "int_trust",
    "int_unprompted_orders",
    "int_value_classes",
    "int_value_contributions",
    "int_value_costs",
    "int_value_dates",
    "int_value_declines",
    "int_value_orders",
    "int_value_rfm",
    "int_worst_reasons",
    "stg_contact_outcomes",
    "stg_quotes",
    "stg_web_events",
    "campaign_contacts",
    "campaign_cost_types",
    "campaign_day_after",
    "campaign_lift",
    "attribution_credits",
    "campaign_performance",
    "channel_removal_effects",
    "campaign_roi",
    "contact_policy",
    "contact_reasons",
    "int_attribution_paths",
    "int_campaign_contacts",
    "int_campaign_reactions",
    "int_channel_warnings",
    "int_contact_habits",
    "int_media_days",
    "int_channel_steps",
    "int_campaign_assignments",
    "list_results",
    "variant_lift",
    "customer_360",
    "dim_campaigns",
    "customer_alerts",
    "customer_clv",
    "customer_links",
    "customer_needs",
    "customer_rfm",
    "customer_timeline",
    "customer_value",
    "effort_by_class",
    "fct_audience_pulls",
    "fct_consents",
    "fct_order_lines",
    "fct_orders",
    "fct_refunds",
    "fct_web_sessions",
    "int_web_sessions",
    "kpi_daily",
    "kpi_monthly",
    "segment_history",
    "segment_migrations",
    "stg_audience_pulls",
    "stg_completed_orders",
    "stg_fx_rates",
    "stg_netted_orders",
    "stg_order_amounts",
    "stg_orders",
    "stg_people",
    "web_identities",
    "cohort_retention",
    "complaints_by_segment",
    "duplicates",
    "identification",
    "int_acquisition_periods",
    "int_acquisition_spend",
    "int_buyer_measures",
    "int_buyer_months",
    "int_buyer_periods",
    "int_case_members",
    "int_case_outcomes",
    "int_case_periods",
    "int_contact_periods",
    "int_cross_sells",
    "int_customer_segments",
    "int_first_orders",
    "int_lead_periods",
    "int_lead_steps",
    "int_objective_targets",
    "int_order_members",
    "int_ownership",
    "int_period_months",
    "int_periods",
    "int_product_measures",
    "int_product_prices",
    "int_quote_periods",
    "int_relationship_csat",
    "int_repeat_contacts",
    "int_rescue_periods",
    "int_returned_units",
    "int_ropo_orders",
    "int_sales_measures",
    "int_sold_lines",
    "int_store_looks",
    "int_up_sells",
    "kpi_objectives",
    "kpi_values",
    "next_best_products",
    "next_questions",
    "price_response",
    "product_kpis",
    "product_pairs",
    "profile_coverage",
    "referrals",
    "retention",
    "ropo",
    "sales_funnel",
    "service_kpis",
)
# The field's names; METRICS has no others.
SEGMENTS = {
    "Champions",
    "Loyal",
    "Potential Loyalist",
    "New Customers",
    "Promising",
    "Need Attention",
    "About To Sleep",
    "At Risk",
    "Cannot Lose Them",
    "Hibernating",
    "Lost",
}


@dataclass(frozen=True)
class Empty:
    """A candidate built from nothing, and what dbt said of it."""

    folder: Path
    results: list[dict[str, Any]]
    manifest: dict[str, Any]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Empty:
    """All models over sources without a row, then all unit tests."""
    home = tmp_path_factory.mktemp("empty")
    settings = load_settings(home=home, hash_key="k" * 64)
    candidate = home / "candidate"
    candidate.mkdir()
    (home / "log").mkdir()
    with connect(settings) as connection:
        for name in ("work", "contacts", "warehouse"):
            create_file(connection, candidate / f"{name}.duckdb", name)
        expose_landing(settings, connection, _no_inputs(settings))
    # dbt makes staging with all others below: identity and prediction only read it before.
    run_compiled(settings, candidate, select=["path:seeds", "path:models/staging"], variables=DAY)
    with connect(settings) as connection:
        for name in ("work", "contacts"):
            attach(connection, candidate / f"{name}.duckdb", name, write=True)
        resolve(
            settings,
            connection,
            publication_id="none",
            as_of=datetime(2026, 10, 31, 23, tzinfo=UTC),
            base_contacts=None,
        )
        predict(connection, as_of=date(2026, 11, 1), options=clv_options())
    _build_and_unit_test(candidate, home / "log")
    target = candidate / "dbt"
    return Empty(
        folder=candidate,
        results=json.loads((target / "run_results.json").read_text())["results"],
        manifest=json.loads((target / "manifest.json").read_text()),
    )


@pytest.fixture
def connection(empty: Empty) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as db:
        for name in ("work", "contacts", "warehouse"):
            attach(db, empty.folder / f"{name}.duckdb", name, write=False)
        yield db


def test_every_unit_test_passes(empty: Empty) -> None:
    unit = [r for r in empty.results if r["unique_id"].startswith("unit_test.")]
    failed = {r["unique_id"]: r["message"] for r in unit if r["status"] != "pass"}
    assert not failed, "\n".join(f"{name}:\n{message}" for name, message in failed.items())
    assert len(unit) == len(empty.manifest["unit_tests"])


def test_every_model_with_a_rule_of_its_own_has_a_unit_test(empty: Empty) -> None:
    tested = {test["model"] for test in empty.manifest["unit_tests"].values()}
    assert tested >= set(UNIT_TESTED)


def test_no_rows_anywhere_give_valid_empty_tables(
    empty: Empty, connection: duckdb.DuckDBPyConnection
) -> None:
    built = [r for r in empty.results if not r["unique_id"].startswith("unit_test.")]
    assert {r["status"] for r in built} <= {"success", "pass"}
    models = [n for n in empty.manifest["nodes"].values() if n["resource_type"] == "model"]
    assert {m["schema"] for m in models} == {"staging", "intermediate", "core", "marts"}
    for model in models:
        name = f"{model['database']}.{model['schema']}.{model['name']}"
        # Each model of a prediction says that it was not fitted, and why.
        rows = 3 if model["name"] == "clv_fits" else 0
        assert connection.execute(f"select count(*) from {name}").fetchall() == [(rows,)], name
    fits = connection.execute("select distinct status from warehouse.marts.clv_fits order by all")
    assert fits.fetchall() == [("too_few_customers",), ("too_few_repeat_buyers",)]


def test_every_cell_of_rfm_has_one_of_eleven_names(connection: duckdb.DuckDBPyConnection) -> None:
    with (PROJECT / "seeds" / "rfm_segments.csv").open() as file:
        rows = [(row["rfm_score"], row["segment"]) for row in csv.DictReader(file)]
    digits = range(1, 6)
    cells = Counter(score for score, _ in rows)
    assert cells == Counter(f"{r}{f}{m}" for r in digits for f in digits for m in digits)
    assert {segment for _, segment in rows} == SEGMENTS
    seeded = connection.execute("select rfm_score, segment from work.seeds.rfm_segments")
    assert sorted(seeded.fetchall()) == sorted(rows)


def _no_inputs(settings: Settings) -> Inputs:
    return Inputs(
        as_of=date(2026, 11, 1),
        manifests=[],
        base=None,
        business_timezone=settings.business_timezone,
        reporting_currency=settings.reporting_currency,
        default_country=settings.default_country,
        code="",
    )


def _build_and_unit_test(candidate: Path, log: Path) -> None:
    """All models and their unit tests in one dbt; a failure stays in run_results.json."""
    command = [
        *[sys.executable, "-m", "cartera.dbt_process", "build", "--quiet", "--no-version-check"],
        *["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)],
        *["--target-path", str(candidate / "dbt"), "--log-path", str(log)],
        *["--select", "path:models", "--exclude-resource-type", "exposure"],
    ]
    parsed = dbt_parsed.place(PROJECT, {})
    environment = {
        **os.environ,
        "CARTERA_CANDIDATE": str(candidate),
        "CARTERA_PARSED": str(parsed),
        "DO_NOT_TRACK": "1",
    }
    done = subprocess.run(
        command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    results = candidate / "dbt" / "run_results.json"
    assert results.exists(), done.stdout + done.stderr
