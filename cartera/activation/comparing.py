"""Two audiences side by side: who would be on both lists."""

from __future__ import annotations

from dataclasses import dataclass

from cartera.activation import lists, members
from cartera.activation.audience import Audience
from cartera.activation.pull import PullReport, count, current_publication, id_of
from cartera.duck import confine, connect, without_pandas
from cartera.settings import Settings


@dataclass(frozen=True)
class Comparison:
    """Two lists of one publication. Of ``segments``: on the first alone, on both, on the second."""

    first: PullReport
    second: PullReport
    both: int
    segments: dict[str, tuple[int, int, int]]


def compare(settings: Settings, first: Audience, second: Audience) -> Comparison:
    """Who would be on the lists of both audiences, were they pulled now; writes no list."""
    publication = current_publication(settings)
    reports = []
    with without_pandas(), connect(settings) as connection:
        both = [
            (one, members.open_for(settings, connection, one, publication, event="compare"))
            for one in (first, second)
        ]
        confine(connection, lists.record_folder(settings))
        for number, (audience, checked) in enumerate(both):
            pull_id = id_of(audience, publication)
            members.place(settings, connection, audience, checked, pull_id, beside=("rfm_segment",))
            reports.append(count(connection, audience, publication))
            connection.execute(
                f"create temp table list_{number} as "
                "select customer_id, rfm_segment from members where bucket = 'list'"
            )
        rows = connection.execute(
            """
            select
                coalesce(one.rfm_segment, other.rfm_segment, '(none)'),
                count(*) filter (other.customer_id is null),
                count(*) filter (one.customer_id = other.customer_id),
                count(*) filter (one.customer_id is null)
            from list_0 one full join list_1 other on one.customer_id = other.customer_id
            group by 1 order by count(*) desc, 1
            """
        ).fetchall()
    segments = {name: (left, both, right) for name, left, both, right in rows}
    return Comparison(
        first=reports[0],
        second=reports[1],
        both=sum(both for _, both, _ in segments.values()),
        segments=segments,
    )
