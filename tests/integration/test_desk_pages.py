"""Each page of figures, drawn by Streamlit without a browser, says what the warehouse says."""

from __future__ import annotations

import duckdb
import pytest

from cartera import publications
from cartera.settings import Settings
from tests.integration.conftest import Built
from tests.integration.drawing import cells, charted, copied, desk_of, drawn, tiles

pytestmark = pytest.mark.browser

PAGES = ("segments", "campaigns", "retention", "service", "quality")
LANGUAGES = ("en", "es")


def draw_tile(desk: object) -> None:
    """Run by Streamlit, from its source alone."""
    from cartera.desk.desk import Desk

    assert isinstance(desk, Desk)
    desk.tile("orders", 5, 3, line=[4, None, 3, 0, 5])


def test_what_is_not_known_is_no_zero_in_the_line_of_a_tile(demo: Built) -> None:
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_function(draw_tile, args=(desk_of(demo.settings),)).run()
    assert list(app.metric[0].proto.chart_data) == [4, 3, 0, 5]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_drawn_whole_in_both_languages(demo: Built, page: str, language: str) -> None:
    app = drawn(demo.settings, page, language)
    assert [fault.message for fault in app.exception] == []
    assert [error.value for error in app.error] == []
    assert app.title[0].value
    assert app.get("vega_lite_chart")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ["viewer", "analyst", "marketer", "admin"])
def test_every_page_of_a_role_is_drawn_in_both_languages(
    demo: Built, role: str, language: str
) -> None:
    from cartera.desk.pages import pages_of
    from cartera.desk.roles import Role

    for page in pages_of(Role(role)):
        app = drawn(demo.settings, page.name, language, role)
        assert [fault.message for fault in app.exception] == [], page.name
        assert [error.value for error in app.error] == [], page.name
        assert app.title[0].value, page.name


@pytest.mark.parametrize("page", ["overview", "customers", "lists"])
def test_a_company_with_nobody_in_it_is_told_so(empty: Settings, page: str) -> None:
    app = drawn(empty, page)
    assert [fault.message for fault in app.exception] == []
    assert app.info


def test_the_overview_is_what_the_warehouse_says(demo: Built) -> None:
    app = drawn(demo.settings, "overview")
    with demo.connect() as db:
        revenue, orders = db.execute(
            "select any_value(value) filter (metric = 'net_revenue'), "
            "any_value(value) filter (metric = 'orders') from warehouse.marts.kpi_values "
            "where period_kind = 'month' and dimension = 'ALL' and period_start = ("
            "select max(period_start) from warehouse.marts.kpi_values "
            "where period_kind = 'month' and dimension = 'ALL')"
        ).fetchall()[0]
        alerts = dict(
            db.execute(
                "select kind, count(distinct customer_id) from warehouse.marts.customer_alerts "
                "group by kind"
            ).fetchall()
        )
    shown = tiles(app)
    assert shown["Net revenue"] == f"€{revenue:,.0f}"
    assert shown["Orders"] == f"{orders:,.0f}"
    assert shown["Valuable customers in decline"] == f"{alerts['valuable_decliner']:,}"
    assert shown["Valuable customers who complain"] == f"{alerts['valuable_complainer']:,}"


def test_segments_are_those_of_customer_360(demo: Built) -> None:
    app = drawn(demo.settings, "segments")
    with demo.connect() as db:
        counted = dict(
            db.execute(
                "select coalesce(rfm_segment, 'Never ordered'), count(*) "
                "from warehouse.marts.customer_360 group by 1"
            ).fetchall()
        )
    assert {row["segment"]: int(row["customers"]) for row in cells(app, 0)} == counted
    bands = {(row["from"], row["to"]): row["customers"] for row in charted(app)[2] if "band" in row}
    with demo.connect() as db:
        migrations = {
            (before.replace("(new)", "first order"), after): count
            for before, after, count in db.execute(
                """
                select from_segment, to_segment, customers from warehouse.marts.segment_migrations
                where scheme = 'rfm_segment'
                qualify dense_rank() over (order by month_end desc) = 1
                """
            ).fetchall()
        }
    assert bands == migrations


def test_every_choice_is_drawn(demo: Built) -> None:
    """What is only there once somebody has asked for it: schemes, periods, dimensions."""
    choices = {
        ("segments", "segments-scheme"): (
            "abc_class",
            "value_tier",
            "lifecycle_stage",
            "relationship_stage",
        ),
        ("campaigns", "campaigns-measure"): ("net_revenue", "visits", "leads"),
        ("retention", "retention-kind"): ("month", "year"),
        ("retention", "retention-scheme"): ("abc_class", "value_tier"),
        ("service", "service-kind"): ("month",),
        ("service", "service-dimension"): ("abc_class", "value_tier", "category", "product"),
    }
    for (page, key), values in choices.items():
        app = drawn(demo.settings, page)
        for value in values:
            app.button_group(key=key).set_value(value).run()
            assert app.session_state[key] == value
            assert [fault.message for fault in app.exception] == [], (page, value)
            assert [info.value for info in app.info] == [], (page, value)


def test_lift_is_that_of_the_warehouse_and_media_are_not_causal(demo: Built) -> None:
    app = drawn(demo.settings, "campaigns")
    with demo.connect() as db:
        lifts = dict(
            db.execute(
                "select campaign_id, abs_lift from warehouse.marts.campaign_lift "
                "where variant = 'ALL' and abs_lift is not null"
            ).fetchall()
        )
    shown = {row["campaign_id"]: row["abs_lift"] for row in charted(app)[0] if "abs_lift" in row}
    assert shown == pytest.approx(lifts)
    assert not app.warning
    media = app.selectbox(key="campaigns-which").select("ads|ADS-01").run()
    (warning,) = media.warning
    assert "not causal" in warning.value
    assert "Lift" not in tiles(media)


@pytest.mark.parametrize(
    ("campaign", "compared"),
    [("mailing|CMP-01", "Holdout, scaled"), ("ads|ADS-01", "Same weekdays before")],
)
@pytest.mark.parametrize("measure", ["orders", "net_revenue"])
def test_days_after_are_a_curve_and_the_same_in_text(
    demo: Built, campaign: str, compared: str, measure: str
) -> None:
    app = drawn(demo.settings, "campaigns").selectbox(key="campaigns-which").select(campaign).run()
    app.button_group(key="campaigns-measure").set_value(measure).run()
    with demo.connect() as db:
        counted = db.execute(
            f"select day_after, {measure}, compared_{measure} "
            "from warehouse.marts.campaign_day_after "
            "where coalesce(campaign_key, 'mailing|' || campaign_id) = ? order by day_after",
            [campaign],
        ).fetchall()
    assert counted
    drawn_points = next(rows for rows in charted(app) if "day" in rows[0])
    assert {(row["day"], row["measure"]): row["value"] for row in drawn_points} == pytest.approx(
        {(day, "With the campaign"): float(value) for day, value, _ in counted}
        | {(day, compared): float(before) for day, _, before in counted if before is not None}
    )
    (table,) = [table.value for table in app.dataframe if "gap" in table.value]
    assert table["day"].tolist() == [f"D+{day}" for day, _, _ in counted]
    for told, (_, value, before) in zip(table["gap"], counted, strict=True):
        gap = float(value) - before
        said = f"€{abs(gap):,.0f}" if measure == "net_revenue" else f"{abs(gap):,.1f}"
        assert told.lstrip("\u2212") == said.removesuffix(".0")


def test_attribution_has_six_models_side_by_side(demo: Built) -> None:
    rows = next(rows for rows in charted(drawn(demo.settings, "campaigns")) if "revenue" in rows[0])
    assert len({row["column"] for row in rows}) == 6
    for model in {row["column"] for row in rows}:
        shares = [row["value"] for row in rows if row["column"] == model]
        assert sum(shares) == pytest.approx(1)


def test_metrics_are_those_of_the_registry(demo: Built) -> None:
    with demo.connect() as db:
        values = dict(
            db.execute(
                "select metric, value from warehouse.marts.kpi_values "
                "where dimension = 'ALL' and period_kind = 'trailing_year'"
            ).fetchall()
        )
    english = tiles(drawn(demo.settings, "retention"))
    assert english["Churn rate"] == f"{values['churn_rate']:.1%}"
    spanish = drawn(demo.settings, "retention", "es").metric
    assert spanish[1].value == f"{values['churn_rate'] * 100:.1f}\u00a0%".replace(".", ",")
    # Its definition is on hover.
    assert "Uno menos la tasa de retención" in spanish[1].help


def test_quality_says_what_was_refused(demo: Built) -> None:
    app = drawn(demo.settings, "quality")
    with demo.connect() as db:
        (refused,) = db.execute("select sum(quarantined) from warehouse.ops.batches").fetchone()
        (rules,) = db.execute("select count(*) from warehouse.ops.quality_results").fetchone()
    said = " ".join(caption.value for caption in app.caption)
    assert f"{refused:,} of " in said
    assert f"Rules: {rules}" in said
    assert sum(int(row["records"]) for row in cells(app, -1)) == refused


# -- what a company does not have ----------------------------------------------------------------


@pytest.fixture(scope="module")
def empty(demo: Built, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home whose publication has every table and no row but that of ``meta.publication``."""
    return copied(demo, tmp_path_factory.mktemp("empty") / "home", "limit 0")


@pytest.fixture(scope="module")
def young(demo: Built, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A company of one month: what is of an earlier one is not there, and no campaign is."""
    settings = copied(demo, tmp_path_factory.mktemp("young") / "home")
    warehouse = settings.publications / publications.CURRENT / publications.WAREHOUSE
    with duckdb.connect(warehouse) as db:
        db.execute(
            """
            delete from marts.segment_history
            where month_end < (select max(month_end) from marts.segment_history);
            delete from marts.cohort_retention where period > 0;
            delete from marts.campaign_lift; delete from marts.campaign_roi;
            delete from marts.attribution_credits;
            update marts.customer_clv set clv = null, churn_risk = null;
            """
        )
    return settings


@pytest.mark.parametrize("page", PAGES)
def test_a_company_without_any_of_it_is_told_so(empty: Settings, page: str) -> None:
    app = drawn(empty, page)
    assert [fault.message for fault in app.exception] == []
    assert app.info
    assert not app.get("vega_lite_chart")


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("segments", "Fewer than two month ends"),
        ("campaigns", "No campaign held anybody out"),
        ("retention", "One month of orders is known"),
    ],
)
def test_what_is_missing_is_told_and_the_rest_is_shown(
    young: Settings, page: str, said: str
) -> None:
    app = drawn(young, page)
    assert [fault.message for fault in app.exception] == []
    assert any(said in info.value for info in app.info)
    assert tiles(app) or app.dataframe
