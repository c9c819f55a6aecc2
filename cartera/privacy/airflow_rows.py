"""Airflow's own database, where it stands in the home: what tasks returned, and what they said.

A task returns counts and names of files, so a row that names somebody is rare; it goes whole. Only
rows that nothing hangs on are looked at here. Whoever is found in another table (what a run was
started with) is left to the scan, which names the file.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from cartera.duck import identifier
from cartera.errors import CarteraError
from cartera.privacy.elsewhere import names_somebody, wanted_in
from cartera.settings import Settings

TABLES = ("xcom", "rendered_task_instance_fields", "log", "import_error")


def remove_airflow_rows(settings: Settings, values: dict[str, list[str]]) -> int:
    """Delete the rows of ``TABLES`` that hold a value of somebody; returns how many.

    Raises CarteraError while somebody else writes there for longer than half a minute.
    """
    path = settings.state / "airflow" / "airflow.db"
    if not path.is_file():
        return 0
    wanted = wanted_in(values)
    removed = 0
    try:
        with closing(sqlite3.connect(path, timeout=30)) as database, database:
            # What is deleted is overwritten: freed pages would show it.
            database.execute("pragma secure_delete = on")
            there = {n for (n,) in database.execute("select name from sqlite_master")}
            for table in (name for name in TABLES if name in there):
                rows = database.execute(f"select rowid, * from {identifier(table)}").fetchall()
                gone = [(row[0],) for row in rows if names_somebody(row[1:], wanted)]
                database.executemany(f"delete from {identifier(table)} where rowid = ?", gone)
                removed += len(gone)
        with closing(sqlite3.connect(path, timeout=30)) as database:
            database.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.OperationalError as error:
        raise CarteraError(
            f"{path}: cannot be cleaned ({error}).",
            fix="Stop `cartera ui` or wait for its tasks, then `cartera erase --resume`.",
        ) from error
    return removed
