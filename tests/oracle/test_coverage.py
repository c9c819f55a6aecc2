"""The page on metrics says which columns are compared, and is right."""

from __future__ import annotations

from tests.oracle import coverage
from tests.oracle.compiled import Project
from tests.oracle.tables import TABLES


def test_the_page_says_which_columns_are_compared(project: Project) -> None:
    assert coverage.written() == coverage.table(project), "python -m tests.oracle.coverage"


def test_the_oracle_names_only_columns_that_are_published(project: Project) -> None:
    for table in TABLES:
        columns = {name for name, _, _ in project.model(table.name).columns}
        assert {*table.wanted} <= columns, table.name
