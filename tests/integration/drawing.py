"""Pages of the desk, drawn by Streamlit without a browser, and homes to draw them of."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from cartera import publications
from cartera.settings import Settings
from tests.integration.conftest import Built, own_settings


def desk_of(settings: Settings, language: str = "en", role: str = "marketer") -> Any:
    from cartera.desk.desk import Desk
    from cartera.desk.reading import Reader
    from cartera.desk.roles import Person, Role

    return Desk(settings, Reader(settings).snapshot(), Person("ana", Role(role)), language)


def drawn(
    settings: Settings,
    page: str,
    language: str = "en",
    role: str = "marketer",
    customer: str | None = None,
) -> Any:
    """What Streamlit would show of a page to somebody. Raises nothing: see ``exception``.

    ``customer`` is whom the page's address names.
    """
    return drawn_by(desk_of(settings, language, role), page, customer)


def drawn_by(desk: object, page: str, customer: str | None = None) -> Any:
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_function(draw, args=(desk, page), default_timeout=60)
    if customer:
        app.query_params["customer"] = customer
    return app.run()


def draw(desk: object, page: str) -> None:
    """Run by Streamlit, from its source alone."""
    from cartera.desk.pages import PAGES

    next(known for known in PAGES if known.name == page).show(desk)


def tiles(app: Any) -> dict[str, str]:
    return {tile.label: tile.value.replace("\u00a0", " ") for tile in app.metric}


def charted(app: Any) -> list[list[dict[str, Any]]]:
    """The rows behind each chart, in the order of the page."""
    return [
        [
            row
            for dataset in chart.proto.datasets
            for row in pa.ipc.open_stream(dataset.data.data).read_all().to_pylist()
        ]
        for chart in app.get("vega_lite_chart")
    ]


def cells(app: Any, table: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = app.dataframe[table].value.to_dict("records")
    return found


def beside(demo: Built, home: Path) -> Settings:
    """A home of its own that reads what the demo has published."""
    home.mkdir(exist_ok=True)
    (home / "publications").symlink_to(demo.settings.publications)
    return own_settings(home)


def copied(demo: Built, home: Path, limit: str = "") -> Settings:
    """A home with a warehouse like the demo's, to change; ``limit`` is put after each table."""
    settings = own_settings(home)
    publication = demo.publication()
    folder = settings.publications / publication.publication_id
    folder.mkdir(parents=True)
    with duckdb.connect() as db:
        db.execute(f"attach '{publication.warehouse}' as w (read_only)")
        db.execute(f"attach '{folder / publications.WAREHOUSE}' as copy")
        for schema, table in db.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'w'"
        ).fetchall():
            rows = "" if (schema, table) == ("meta", "publication") else limit
            db.execute(f"create schema if not exists copy.{schema}")
            db.execute(f"create table copy.{schema}.{table} as from w.{schema}.{table} {rows}")
    shutil.copy(publication.contacts, folder)
    (folder / publication.contacts.name).chmod(0o600)
    os.symlink(publication.publication_id, settings.publications / publications.CURRENT)
    return settings
