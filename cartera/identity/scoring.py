"""What each pair is worth: the weights of its levels of agreement, added up."""

from __future__ import annotations

import duckdb

from cartera.identity import guards
from cartera.identity.comparisons import COMPARISONS
from cartera.identity.model import KEPT_BITS, Model


def score(connection: duckdb.DuckDBPyConnection, model: Model, candidates: str, target: str) -> int:
    """Temp table ``target``: what ``guards.compare`` finds of each pair, and its ``bits``.

    Scores the pairs of the table ``candidates``, of records in ``comparable``; pairs of fewer
    than ``KEPT_BITS`` are dropped. Returns how many were compared.
    """
    connection.execute(
        f"""
        create or replace temp table {target} as
        -- Else DuckDB would look for pairs of enough bits before it compares, and for that
        -- make a comparison for each level that it may come to.
        with compared as materialized ({guards.compare(candidates)})
        select * from (select *, {bits(model)} as bits from compared) where bits >= {KEPT_BITS}
        """
    )
    compared: int = connection.execute(f"select count(*) from {candidates}").fetchall()[0][0]
    return compared


def bits(model: Model) -> str:
    """The weight of a compared pair (columns ``gamma_…``), as SQL: log2 of the odds."""
    return " + ".join(
        f"case gamma_{comparison.name} "
        + " ".join(
            f"when {comparison.number(level.key)} "
            f"then {model.bits(comparison.name, level.key)!r}::double"
            for level in comparison.levels
        )
        + " else 0 end"
        for comparison in COMPARISONS
    )
