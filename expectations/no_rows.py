"""The one expectation of our own: a query that must return nothing."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from great_expectations.compatibility import pydantic
from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)

_SHOWN = 20


class ExpectNoRows(UnexpectedRowsExpectation):
    """Fails if its query returns rows; keeps how many, and the first 20 of them.

    Great Expectations' own UnexpectedRowsExpectation runs the query twice, and shows rows
    only in the result format that is unbounded for every other expectation.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.table",)

    @pydantic.validator("unexpected_rows_query")
    def _validate_query(cls, query: str) -> str:
        return query

    @classmethod
    def of(cls, sql: str, **common: Any) -> ExpectNoRows:
        """The expectation over ``sql``: one select statement, full names, no parameters."""
        # Braces are placeholders to Great Expectations, ":word" is one to SQLAlchemy.
        plain = re.sub(r"(?<![:\w]):(?=\w)", r"\\:", sql.replace("{", "{{").replace("}", "}}"))
        query = (
            f"select count(*) over () as _unexpected, * from ({plain}) as unexpected limit {_SHOWN}"
        )
        return cls(unexpected_rows_query=query, **common)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        rows = metrics["unexpected_rows_query.table"]
        count = int(rows[0]["_unexpected"]) if rows else 0
        keys = [{k: str(v) for k, v in row.items() if k != "_unexpected"} for row in rows]
        return {
            "success": count == 0,
            "result": {
                "observed_value": count,
                "unexpected_count": count,
                "partial_unexpected_index_list": keys,
            },
        }
