"""What comes of each pair that was scored: its weight, its veto, whether it may link."""

from __future__ import annotations

import duckdb

from cartera.identity import guards
from cartera.identity.comparisons import is_at
from cartera.identity.model import Model, bits_of


def judge(connection: duckdb.DuckDBPyConnection, model: Model, prior: float) -> None:
    """Temp table ``judged``: each scored pair, its weight, its veto, and whether it may link."""
    connection.execute(
        f"""
        create or replace temp table judged as
        with vetoed as (
            select *, {guards.veto(has_families=model.has_families)} as veto,
                {guards.has_evidence(has_families=model.has_families)} as has_evidence
            from scored
        )
        select *,
            bits + {prior!r} as weight,
            veto is null and has_evidence
                -- A family's or an office's mailbox says nothing about who wrote without a name.
                and not (is_several and {is_at("email", "equal", "domain")}
                    and not {is_at("phone", "equal")})
                and (bits + {prior!r} >= {bits_of(model.link_at)!r}
                    or {is_at("tax_id", "equal")} or {is_at("loyalty_number", "equal")})
                as may_link
        from vetoed
        """
    )
