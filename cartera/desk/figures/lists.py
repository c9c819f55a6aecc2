"""Lists: the campaigns that they may be for."""

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
