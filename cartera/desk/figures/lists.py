"""Lists: the campaigns that they may be for, and what the columns are that they are made by."""

from __future__ import annotations

from cartera.desk.figures import Query

# More than these nobody looks through; the id of another can be written.
CAMPAIGNS = 200


def campaigns(query: Query) -> dict[str, str | None]:
    """Ids of the campaigns begun last, the newest first, and what each is called.

    Pulls name a campaign by its id alone, whatever its system.
    """
    found = query(
        """
        select campaign_id, min(name) as name
        from warehouse.core.dim_campaigns
        group by campaign_id
        order by max(starts_at) desc nulls last, campaign_id limit $most
        """,
        {"most": CAMPAIGNS},
    )
    return {row["campaign_id"]: row["name"] for row in found.to_pylist()}


def described(query: Query) -> dict[str, str]:
    """What each column of ``customer_360`` is, in English, by its name."""
    found = query(
        """
        select column_name, description from warehouse.meta.columns
        where table_schema = 'marts' and table_name = 'customer_360'
        """
    )
    return {row["column_name"]: row["description"] for row in found.to_pylist()}
