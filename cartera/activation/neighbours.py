"""What a rule may name beside the columns of ``customer_360``: facts of its neighbours.

Each neighbour is a query with one row per customer at most, so that a rule never joins, and nobody
is counted twice. A query is run only if a rule, an order or a field names one of its columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import duckdb

from cartera.activation.kinds import Kind, kind_of
from cartera.duck import identifier


@dataclass(frozen=True)
class Column:
    """A column's kind and meaning, and what it is for a customer whom its query does not have."""

    kind: Kind
    about: str
    otherwise: str = "null"


@dataclass(frozen=True)
class Neighbour:
    """Some columns and the query behind them; ``is_contact_data``: it reads the restricted file."""

    sql: str
    columns: Mapping[str, Column]
    is_contact_data: bool = False


def _flag(about: str) -> Column:
    return Column("yes or no", about, "false")


NEIGHBOURS = (
    Neighbour(
        "select * from warehouse.core.dim_customers",
        {
            "has_email": _flag("a usable e-mail is known"),
            "has_phone": _flag("a usable phone is known"),
            "has_name": _flag("a name is known"),
            "has_birth_date": _flag("the date of birth is known"),
            "has_address": _flag("a street is known"),
            "is_bounced": _flag("the address of a subscription no longer takes mail"),
            "is_unsubscribed": _flag("a subscription was ended"),
            "region": Column("text", "province or state"),
        },
    ),
    Neighbour(
        "select * from warehouse.marts.customer_rfm",
        {
            "r_score": Column("number", "recency score, 5 is best"),
            "f_score": Column("number", "frequency score, 5 is best"),
            "m_score": Column("number", "monetary score, 5 is best"),
            "frequency": Column("number", "orders in the trailing window", "0"),
            "monetary": Column("number", "net revenue in the trailing window", "0"),
        },
    ),
    Neighbour(
        "select * from warehouse.marts.customer_value",
        {
            "potential": Column("number", "what the customer could bring in the horizon"),
            "decline_ratio": Column("number", "revenue of the last days to that of before"),
            "worst_reasons": Column("text", "why the customer is among the worst"),
        },
    ),
    Neighbour(
        "select * from warehouse.marts.customer_clv",
        {
            "p_alive": Column("number", "probability of still being a customer"),
            "expected_orders": Column("number", "days with an order expected in the horizon"),
        },
    ),
    Neighbour(
        """
        select
            customer_id,
            bool_or(kind = 'valuable_decliner') as is_valuable_decliner,
            bool_or(kind = 'valuable_complainer') as is_valuable_complainer,
            bool_or(kind = 'lost_valuable') as is_lost_valuable,
            min(rescue_by) as rescue_by,
            min(topic) filter (is_open) as complaint_topic
        from warehouse.marts.customer_alerts group by customer_id
        """,
        {
            "is_valuable_decliner": _flag("valuable, and buys much less than before"),
            "is_valuable_complainer": _flag("valuable, with a complaint that is open or recent"),
            "is_lost_valuable": _flag("was valuable, and buys no more"),
            "rescue_by": Column("moment", "until when acting on a complaint may save them"),
            "complaint_topic": Column("text", "topic of an open complaint"),
        },
    ),
    Neighbour(
        """
        select customer_id, max(touch_date) as last_contact_date
        from warehouse.core.fct_touchpoints
        where direction = 'out' or is_answered group by customer_id
        """,
        {"last_contact_date": Column("date", "last contact of ours, or answered by them")},
    ),
    Neighbour(
        # Few say of a visit that it took place: what is not known to have failed did.
        """
        select customer_id, max(touch_date) as last_spoken_date
        from warehouse.core.fct_touchpoints
        where kind in ('call', 'visit', 'fair', 'chat') and is_answered is distinct from false
        group by customer_id
        """,
        {"last_spoken_date": Column("date", "last call that was answered, visit, fair or chat")},
    ),
    Neighbour(
        """
        select customer_id, min(next_step_on) filter (is_last) as next_step_on
        from (
            select *, interaction_date = max(interaction_date) over (
                partition by customer_id) as is_last
            from warehouse.core.fct_interactions
        ) group by customer_id
        """,
        {"next_step_on": Column("date", "day promised at the last call or visit")},
    ),
    Neighbour(
        """
        select customer_id, count(*) as referrals
        from warehouse.core.fct_referrals group by customer_id
        """,
        {"referrals": Column("number", "people whom the customer referred", "0")},
    ),
    Neighbour(
        """
        select customer_id, product_id as next_product_id, reason as next_product_reason
        from warehouse.marts.next_best_products where kind = 'cross_sell' and rank = 1
        """,
        {
            "next_product_id": Column("text", "product to offer beside what they own"),
            "next_product_reason": Column("text", "why that product"),
        },
    ),
    Neighbour(
        """
        select customer_id, question as next_question
        from warehouse.marts.next_questions where rank = 1
        """,
        {"next_question": Column("text", "what to ask the customer first")},
    ),
    Neighbour(
        """
        select customer_id, min(date_diff('day', as_of, birthday)) as days_to_birthday
        from (
            -- The 29th of February is kept on the 28th where a year has none.
            select customer_id, as_of, unnest([
                (birth_date + to_years((year(as_of) - year(birth_date))::int))::date,
                (birth_date + to_years((year(as_of) - year(birth_date) + 1)::int))::date
            ]) as birthday
            from contacts.contacts.golden_records, (
                select max(as_of) as as_of from warehouse.marts.customer_360
            )
            where birth_date is not null
        ) where birthday >= as_of group by customer_id
        """,
        {"days_to_birthday": Column("number", "days to the next birthday; 0 is as_of itself")},
        is_contact_data=True,
    ),
)


def known_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, Kind]:
    """What rules may name, by kind: the contract of customer_360, and its neighbours."""
    described = connection.execute("describe warehouse.marts.customer_360").fetchall()
    own = {name: kind for name, told, *_ in described if (kind := kind_of(told))}
    return {
        **{name: column.kind for near in NEIGHBOURS for name, column in near.columns.items()},
        **own,
    }


def needs_contact_data(names: Collection[str]) -> bool:
    """Whether one of these columns comes from the restricted file."""
    return any(
        near.is_contact_data and not near.columns.keys().isdisjoint(names) for near in NEIGHBOURS
    )


def people(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> str:
    """A query of ``customer_360`` with those of these columns that neighbours have."""
    described = connection.execute("describe warehouse.marts.customer_360").fetchall()
    wanted = set(names) - {name for name, *_ in described}
    select, joins = ["customers.*"], []
    for number, near in enumerate(NEIGHBOURS):
        used = [name for name in near.columns if name in wanted]
        if used:
            alias = f"near_{number}"
            joins.append(f"left join ({near.sql}) {alias} using (customer_id)")
            select += [
                f"coalesce({alias}.{identifier(name)}, {near.columns[name].otherwise}) "
                f"as {identifier(name)}"
                for name in used
            ]
    return " ".join(
        ["select", ", ".join(select), "from warehouse.marts.customer_360 customers", *joins]
    )
