"""A publication in its other forms: by command, and after each build where settings ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from cartera import publications, records
from cartera.duck import storage_errors
from cartera.errors import CarteraError, RefusedByData
from cartera.publications import Publication
from cartera.settings import Settings

if TYPE_CHECKING:
    from cartera.forms.parquet import ParquetReport
    from cartera.forms.postgres import PostgresReport

KIND = "copies"
Tell = Callable[[str], None]


@storage_errors("the export")
def export_parquet(
    settings: Settings, folder: Path, wanted: str = publications.CURRENT, *, contacts: bool = False
) -> ParquetReport:
    """Write a publication to ``folder`` as Parquet. Raises UsageError if it is there already."""
    from cartera.forms.parquet import write_parquet

    publication = _find(settings, wanted)
    with _on_record(settings, "parquet", publication):
        done = write_parquet(settings, publication, folder, contacts=contacts)
        if contacts:
            _contacts_read(settings, "export-parquet", publication, done.rows)
        return done


@storage_errors("the export")
def export_postgres(
    settings: Settings, wanted: str = publications.CURRENT, progress: Tell | None = None
) -> PostgresReport:
    """Copy a publication to PostgreSQL. Raises what ``copy_postgres`` raises."""
    from cartera.forms.postgres import copy_postgres

    publication = _find(settings, wanted)
    with _on_record(settings, "postgres", publication):
        done = copy_postgres(settings, publication, progress)
        _contacts_read(settings, "export-postgres", publication, done.rows)
        return done


def copy_published(settings: Settings, publication: Publication, tell: Tell) -> list[str]:
    """Make the copies that the settings ask for; returns what went wrong, a line each."""
    wrong = []
    name = publication.publication_id
    if settings.parquet_folder:
        folder = Path(settings.parquet_folder)
        try:
            export_parquet(settings, folder, name)
            prune_copies(settings)
        except (CarteraError, OSError, duckdb.Error) as error:
            wrong.append(f"parquet: {error}")
        else:
            tell(f"parquet: {folder / name}")
    if settings.postgres_url:
        try:
            export_postgres(settings, name, tell)
        except (CarteraError, OSError, duckdb.Error) as error:
            wrong.append(f"postgres: {error}")
    return wrong


def failed_copies(settings: Settings) -> list[str]:
    """A line for each form that the settings ask for and whose last copy failed."""
    asked = {"parquet": settings.parquet_folder, "postgres": settings.postgres_url}
    last = {r["form"]: r for r in records.read(settings, KIND) if asked[r["form"]]}
    return [
        f"the copy of {r['publication_id']} as {form} failed: {r['error']}"
        for form, r in last.items()
        if r["error"]
    ]


def prune_copies(settings: Settings) -> list[str]:
    """Remove the Parquet of publications that are no longer in the home; returns their names."""
    if not settings.parquet_folder or not Path(settings.parquet_folder).is_dir():
        return []
    from cartera.forms.parquet import prune_parquet

    return prune_parquet(settings, Path(settings.parquet_folder))


def _find(settings: Settings, wanted: str) -> Publication:
    if publications.current(settings) is None:
        raise RefusedByData("Nothing has been published yet.", fix="Run `cartera build` first.")
    return publications.find(settings, wanted)


def _contacts_read(
    settings: Settings, event: str, publication: Publication, rows: dict[str, int]
) -> None:
    held = sum(count for table, count in rows.items() if table.startswith("contacts."))
    records.access(settings, event, publication_id=publication.publication_id, rows=held)


@contextmanager
def _on_record(settings: Settings, form: str, publication: Publication) -> Iterator[None]:
    """Put on the record that a copy was made, or why not."""
    told = ""
    try:
        yield
    except (CarteraError, OSError, duckdb.Error) as error:
        told = " ".join(str(error).split()) or type(error).__name__
        raise
    finally:
        records.append(
            settings, KIND, form=form, publication_id=publication.publication_id, error=told
        )
