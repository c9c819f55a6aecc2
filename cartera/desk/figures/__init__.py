"""What the pages of the desk show, as tables: SQL over a publication, and nothing of Streamlit.

Each function takes the query function of a reader and gives one Arrow table in the order in which
it is shown. A company without campaigns, holdouts or history gets a table without rows, and never
an error.
No function selects contact data, and none could: ``warehouse`` holds none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import pyarrow as pa


class Query(Protocol):
    """Runs a SELECT on the current publication's warehouse with its ``$names`` bound."""

    def __call__(self, sql: str, parameters: Mapping[str, Any] | None = ..., /) -> pa.Table: ...
