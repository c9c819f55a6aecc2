"""Data quality, as far as the publication tells; ``cartera status`` knows what is live."""

from __future__ import annotations

import pyarrow as pa

from cartera.desk.figures import Query


def quarantine(query: Query) -> pa.Table:
    """What came in of each source and how much of it was refused, the largest share first.

    Columns: system, source, received, quarantined, reject_rate (NULL where nothing came).
    """
    return query(
        """
        select
            system, source, sum(received)::bigint as received,
            sum(quarantined)::bigint as quarantined,
            sum(quarantined) / nullif(sum(received), 0) as reject_rate
        from warehouse.ops.batches
        where state <> 'discarded'
        group by system, source
        order by reject_rate desc nulls last, system, source
        """
    )
