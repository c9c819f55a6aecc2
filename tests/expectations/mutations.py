"""Ways to spoil a good candidate, each with the rule that must catch it.

A mutation is SQL over the candidate's files, and over ``base``, the publication before it. It is
as small as it can be: the rule it names is the only one that may notice, so that switched off it
would let it through; where a spoiled table cannot but trip another rule too, ``also`` names it.

Those of one copy are made together, to save time: they touch different rows.
"""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    what: str
    rule: str
    sql: str
    also: tuple[str, ...] = ()


# Somebody to spoil: different ones, so that mutations of one copy do not meet.
_BUYER = "(select min(customer_id) from warehouse.marts.customer_rfm where frequency > 1)"
_LATER_BUYER = "(select max(customer_id) from warehouse.marts.customer_rfm where frequency > 1)"
_NO_BUYER = """(
    select {pick}(customer_id) from warehouse.core.dim_customers
    anti join warehouse.core.fct_orders using (customer_id)
)"""
_LEAD, _LATER_LEAD = _NO_BUYER.format(pick="min"), _NO_BUYER.format(pick="max")
_ANONYMOUS = """(
    select {pick}(order_key) from warehouse.core.fct_orders
    where customer_id is null and refunded_amount = 0
)"""
_DAY = "(select min(date) from warehouse.marts.kpi_daily where channel = 'ALL' and orders > 0)"
_NULL_KEYS = "tax_key is null and loyalty_key is null"


def _one(table: str, key: str, change: str, where: str = "true") -> str:
    """Change one row of ``table``: the first by ``key`` of those that ``where`` picks."""
    return (
        f"update {table} set {change} where {key} = (select min({key}) from {table} where {where})"
    )


def _without_customer(fact: str, key: str) -> Mutation:
    return Mutation(
        f"a row of {fact} loses its customer",
        f"{fact}_resolved",
        _one(f"warehouse.core.{fact}", key, "customer_id = null", "customer_id is not null"),
    )


def _kpi(measure: str, *, by_channel: bool = True, total: bool = True) -> str:
    """Add one to a measure of a day and of its month, for a channel and for ALL."""
    month = "(select date_trunc('month', day) from spoiled)"
    rows = [f"channel = {name}" for name, on in (("'ALL'", total), ("shop", by_channel)) if on]
    shown = " or ".join(rows).replace("shop", "(select channel from spoiled)")
    return f"""
        create or replace temp table spoiled as
            select date as day, min(channel) as channel from warehouse.marts.kpi_daily
            where date = {_DAY} and channel <> 'ALL' group by date;
        update warehouse.marts.kpi_daily set {measure} = {measure} + 1
            where date = (select day from spoiled) and ({shown});
        update warehouse.marts.kpi_monthly set {measure} = {measure} + 1
            where month = {month} and ({shown})
    """


def _same_key(key: str, extra: str = "") -> str:
    """Give a record without keys the key of another customer's record."""
    return f"""
        create or replace temp table holder as
            select {key} as value, customer_id, given_key
            from work.identity.records
            inner join contacts.contacts.identity_map using (source_system, source_record_id)
            where {key} is not null order by {key} limit 1;
        create or replace temp table taker as
            select source_system, source_record_id, customer_id from work.identity.records
            inner join contacts.contacts.identity_map using (source_system, source_record_id)
            where {_NULL_KEYS} and customer_id not in (select customer_id from holder)
            order by all limit 1;
        update work.identity.records set {key} = (select value from holder)
            where (source_system, source_record_id) in
                (select (source_system, source_record_id) from taker);
        {extra}
    """


_SAME_NAME_AND_EMAIL = """
    create or replace temp table holder as
        select * from work.identity.records
        inner join contacts.contacts.identity_map using (source_system, source_record_id)
        where email_key is not null and given_key is not null and surname_key is not null
            and email_key not in (select value from work.identity.kept_apart)
            and email_key not in (select value from work.identity.shared_identifiers)
        order by email_key desc, source_system limit 1;
    update work.identity.records as taker
        set email_key = holder.email_key,
            given_key = holder.given_key,
            surname_key = holder.surname_key,
            second_surname_key = holder.second_surname_key
        from holder
        where taker.record = (
            select max(record) from work.identity.records
            inner join contacts.contacts.identity_map using (source_system, source_record_id)
            where email_key is null and customer_id not in (select customer_id from holder)
        )
"""

_MANY_NAMES = """
    update work.identity.records set tax_key = 'SHARED1'
        where record in (
            select min(record) from work.identity.records
            where tax_key is null and given_key is not null
            group by given_key order by given_key desc limit 4
        )
"""

COPIES: tuple[tuple[Mutation, ...], ...] = (
    (
        Mutation(
            "a batch received a record more than it accounts for",
            "batches_balance",
            _one("warehouse.ops.batches", "batch_id", "received = received + 1"),
        ),
        Mutation(
            "a landed file has lost a row",
            "landed_rows_read",
            _one("work.landing.rows_read", "batch", "rows = rows - 1"),
        ),
        Mutation(
            "staging drops one till's catalogue",
            "staged_within_landed",
            "delete from work.staging.stg_products where source_system = 'till'",
        ),
        Mutation(
            "a day of messages is dropped",
            "facts_in_equal_out",
            """delete from warehouse.core.fct_campaign_messages where event_date =
                (select min(event_date) from warehouse.core.fct_campaign_messages)""",
        ),
        Mutation(
            "an order's amount changes on the way to core",
            "orders_in_equal_out",
            """update work.staging.stg_orders set gross_amount = gross_amount + 1
                where source_system || '|' || order_id = """
            + _ANONYMOUS.format(pick="min"),
        ),
        Mutation(
            "a refund's amount changes on the way to core",
            "refunds_in_equal_out",
            """update work.staging.stg_orders set gross_amount = gross_amount * 2
                where source_system || '|' || order_id =
                    (select min(refund_key) from warehouse.core.fct_refunds)""",
        ),
        Mutation(
            "two orders share a key",
            "orders_unique",
            f"""update warehouse.core.fct_orders set order_key = {_ANONYMOUS.format(pick="min")}
                where order_key = {_ANONYMOUS.format(pick="max")}""",
        ),
        Mutation(
            "a line's order is late",
            "order_lines_have_an_order",
            """update work.staging.stg_order_lines set order_id = 'never came'
                where (source_system, order_id) = (
                    select min((source_system, order_id)) from work.staging.stg_orders
                    where kind = 'order'
                        and ordered_at >= (select as_of_at from warehouse.meta.publication)
                )""",
        ),
        Mutation(
            "a line of an order is dropped",
            "order_lines_in_equal_out",
            """delete from warehouse.core.fct_order_lines where line_key =
                (select min(line_key) from warehouse.core.fct_order_lines)""",
        ),
        Mutation(
            "an interaction is dated a century ahead",
            "no_facts_of_the_future",
            _one(
                "warehouse.core.fct_interactions",
                "interaction_key",
                "occurred_at = occurred_at + interval 100 year",
            ),
        ),
        Mutation(
            "an order counts a refund that nobody booked",
            "refunds_are_netted",
            f"""update warehouse.core.fct_orders set refunded_amount = refunded_amount + 1
                where order_key = (
                    select min(order_key) from warehouse.core.fct_orders
                    where customer_id = {_BUYER}
                )""",
        ),
        Mutation(
            "the pound's rate is turned upside down",
            "rates_were_delivered",
            "update warehouse.core.fct_refunds set fx_rate = 1 / fx_rate where currency = 'GBP'",
        ),
        Mutation(
            "a customer stands twice in customer_360",
            "customer_360_unique",
            f"""insert into warehouse.marts.customer_360
                from warehouse.marts.customer_360 where customer_id = {_LEAD}""",
        ),
        Mutation(
            "a customer stands twice in dim_customers",
            "dim_customers_unique",
            f"""insert into warehouse.core.dim_customers
                from warehouse.core.dim_customers where customer_id = {_LEAD}""",
        ),
        Mutation(
            "a golden record is lost",
            "golden_records_complete",
            f"delete from contacts.contacts.golden_records where customer_id = {_BUYER}",
        ),
        Mutation(
            "a golden e-mail is another customer's",
            "golden_values_have_a_source",
            f"""update contacts.contacts.golden_records set email = 'somebody.else@example.org'
                where email is not null and customer_id <> {_BUYER} and email = (
                    select max(email) from contacts.contacts.golden_records
                )""",
        ),
        Mutation(
            "two customers hold one tax id",
            "one_customer_per_tax_id",
            _same_key("tax_key"),
        ),
        Mutation(
            "a visit with a login has nobody",
            "web_sessions_resolved",
            _one(
                "warehouse.core.fct_web_sessions", "session_key", "customer_id = null", "has_login"
            ),
        ),
        _without_customer("fct_refunds", "refund_key"),
        _without_customer("fct_consents", "consent_key"),
        _without_customer("fct_interactions", "interaction_key"),
        _without_customer("fct_service_cases", "case_key"),
        Mutation(
            "a customer who withdrew is shown as reachable",
            "reachable_only_with_consent",
            _one(
                "warehouse.marts.customer_360",
                "customer_id",
                "is_reachable_email = true",
                "not is_reachable_email",
            ),
        ),
        Mutation(
            "a customer stands twice in customer_rfm",
            "rfm_unique",
            f"""insert into warehouse.marts.customer_rfm
                from warehouse.marts.customer_rfm where customer_id = {_BUYER}""",
        ),
        Mutation(
            "a buyer's recency score is 6",
            "rfm_r_score_in_range",
            f"""update warehouse.marts.customer_rfm set r_score = 6
                where customer_id = {_LATER_BUYER}""",
        ),
        Mutation(
            "customer_360 names a segment that there is not",
            "customer_360_segment_known",
            f"""update warehouse.marts.customer_360 set rfm_segment = 'Loyalists'
                where customer_id = {_LATER_BUYER}""",
        ),
        Mutation(
            "a channel's refunds are missing in ALL",
            "daily_channels_add_up",
            _kpi("refunds_booked", total=False),
        ),
        Mutation(
            "a campaign's open rate is 1.4",
            "campaign_rates_in_range",
            "update warehouse.marts.campaign_performance set open_rate = 1.4 where open_rate > 0.5",
        ),
        Mutation(
            "the first stretch of a customer's history is cut off",
            "customer_history_unbroken",
            """delete from warehouse.core.customer_history where customer_history_key = (
                select min(customer_history_key) from warehouse.core.customer_history
                where version = 1 and not is_current
            )""",
        ),
        Mutation(
            "a month of the segments' history is dropped",
            "segment_history_complete",
            """delete from warehouse.marts.segment_history where month_end = (
                select min(month_end) + interval 62 day - interval 1 month
                from warehouse.marts.segment_history
            ) or month_end = last_day((
                select min(month_end) + interval 40 day from warehouse.marts.segment_history
            ))""",
        ),
        Mutation(
            "an e-mail address stands beside a customer",
            "no_email_outside_contacts",
            f"""update warehouse.marts.customer_360 set account_owner = 'ana@example.org'
                where customer_id = {_LATER_LEAD}""",
        ),
        Mutation(
            "a column is not described",
            "columns_described",
            """delete from warehouse.meta.columns
                where table_name = 'fct_orders' and column_name = 'revenue'""",
        ),
        Mutation(
            "a column of the warehouse is made of an e-mail address",
            "no_contact_class_outside_contacts",
            """update warehouse.meta.columns set pii_class = 'direct'
                where table_name = 'customer_360' and column_name = 'account_owner'""",
        ),
        Mutation(
            "the version of the tables is not told",
            "schema_version_present",
            "update warehouse.meta.publication set schema_version = null",
        ),
        Mutation(
            "a mart is empty",
            "tables_not_emptied",
            "delete from warehouse.marts.next_questions",
        ),
        Mutation(
            "the timeline loses its older half",
            "row_counts_drift",
            """delete from warehouse.marts.customer_timeline
                where hash(customer_id) % 2 = 0""",
        ),
        Mutation(
            "no phone is known any more",
            "known_shares_drift",
            "update warehouse.core.dim_customers set has_phone = false",
        ),
    ),
    (
        Mutation(
            "a batch is read twice",
            "landed_rows_read",
            _one("work.landing.rows_read", "batch", "rows = rows * 2"),
        ),
        Mutation(
            "staging repeats a source",
            "staged_within_landed",
            "insert into work.staging.stg_products from work.staging.stg_products",
        ),
        Mutation(
            "a batch of consents is doubled in core",
            "facts_in_equal_out",
            """insert into warehouse.core.fct_consents
                from warehouse.core.fct_consents where source_system = 'crm' and not is_current
                union all select * replace (false as is_current)
                from warehouse.core.fct_consents where source_system = 'shop'""",
        ),
        Mutation(
            "an order's currency is another one",
            "orders_in_equal_out",
            """update work.staging.stg_orders set currency = 'USD'
                where source_system || '|' || order_id = """
            + _ANONYMOUS.format(pick="min"),
        ),
        Mutation(
            "an order that was refunded goes to another customer",
            "orders_follow_identity",
            f"""update warehouse.core.fct_orders set customer_id = {_LEAD}
                where order_key = (
                    select min(order_key) from warehouse.core.fct_orders
                    where is_fully_refunded and customer_id is not null
                )""",
        ),
        Mutation(
            "an order's revenue is not at its rate",
            "orders_revenue_follows_rate",
            """
                create or replace temp table rated as
                    select currency, fx_date from warehouse.core.fct_orders
                    where currency in ('GBP', 'MXN', 'COP') order by order_key limit 1;
                update work.staging.stg_fx_rates set rate = rate * 1.5
                    where (currency, valid_on) in (select (currency, fx_date) from rated);
                update warehouse.core.fct_orders set fx_rate = fx_rate * 1.5
                    where (currency, fx_date) in (select (currency, fx_date) from rated);
                update warehouse.core.fct_refunds set fx_rate = fx_rate * 1.5
                    where (currency, fx_date) in (select (currency, fx_date) from rated)
            """,
        ),
        Mutation(
            "what media cost in dollars is taken for euros",
            "rates_were_delivered",
            "update warehouse.core.fct_ad_stats set fx_rate = 1 where currency = 'USD'",
        ),
        Mutation(
            "lines of an order are doubled",
            "order_lines_in_equal_out",
            """insert into warehouse.core.fct_order_lines from warehouse.core.fct_order_lines
                where order_key = (select min(order_key) from warehouse.core.fct_order_lines)""",
        ),
        Mutation(
            "a visit ends after the data do",
            "no_facts_of_the_future",
            _one(
                "warehouse.core.fct_web_sessions",
                "session_key",
                "ended_at = (select as_of_at from warehouse.meta.publication)",
            ),
        ),
        Mutation(
            "a row of customer_360 is nobody's",
            "customer_360_named",
            """alter table warehouse.marts.customer_360 alter customer_id drop not null;
                insert into warehouse.marts.customer_360 by name
                select * replace (null as customer_id, 0 as net_revenue)
                from warehouse.marts.customer_360 where not is_reachable_email
                    and not is_reachable_phone limit 1""",
        ),
        Mutation(
            "customer_360 lacks a customer",
            "customer_360_complete",
            f"delete from warehouse.marts.customer_360 where customer_id = {_LATER_LEAD}",
        ),
        Mutation(
            "identity knows a customer whom core does not",
            "dim_customers_complete",
            """
                insert into contacts.contacts.identity_map by name
                    select 'crm' as source_system, 'new' as source_record_id,
                        'CNOBODY' as customer_id;
                insert into contacts.contacts.golden_records by name
                    select 'CNOBODY' as customer_id
            """,
        ),
        Mutation(
            "a golden record names a source that is another customer's record",
            "golden_values_have_a_source",
            f"""update contacts.contacts.golden_records set country_source = (
                    select max(source_system || ':' || source_record_id)
                    from contacts.contacts.identity_map where customer_id = {_BUYER}
                ) where customer_id = {_LATER_BUYER}""",
        ),
        Mutation(
            "a source record belongs to two customers",
            "identity_map_unique",
            f"""insert into contacts.contacts.identity_map
                select * replace ({_LEAD} as customer_id) from contacts.contacts.identity_map
                where (source_system, source_record_id) in (
                    select max((source_system, source_record_id)) from work.identity.records
                    where {_NULL_KEYS}
                        and (email_key is null or given_key is null or surname_key is null)
                )""",
        ),
        Mutation(
            "two customers hold one loyalty number",
            "one_customer_per_loyalty_number",
            _same_key("loyalty_key"),
        ),
        Mutation(
            "two customers hold one e-mail under one name",
            "one_customer_per_email_and_name",
            _SAME_NAME_AND_EMAIL,
        ),
        Mutation(
            "a tax id stands under four names",
            "strong_keys_kept_apart",
            _MANY_NAMES,
        ),
        Mutation(
            "an order says that it names nobody",
            "fct_orders_resolved",
            _one(
                "warehouse.core.fct_orders",
                "order_key",
                "is_identifiable = false",
                "customer_id is not null",
            ),
        ),
        _without_customer("fct_campaign_messages", "message_key"),
        _without_customer("fct_survey_responses", "response_key"),
        _without_customer("fct_profile_answers", "answer_key"),
        _without_customer("fct_quotes", "quote_key"),
        Mutation(
            "a withdrawal is read as consent",
            "consent_never_widened",
            _one(
                "warehouse.core.fct_consents",
                "consent_key",
                "status = 'granted'",
                "is_current and status = 'withdrawn'",
            ),
        ),
        Mutation(
            "a customer merged away is still alive",
            "merged_customers_gone",
            f"""insert into warehouse.core.customer_merges
                values ({_LATER_BUYER}, {_BUYER}, timestamp '2026-01-01')""",
        ),
        Mutation(
            "an id of the ledger leads nowhere",
            "published_ids_resolve",
            _one(
                "contacts.contacts.identity_ledger",
                "event_id",
                "customer_id = 'CGONE'",
                "event = 'join'",
            ),
        ),
        Mutation(
            "a buyer's frequency score is 0",
            "rfm_f_score_in_range",
            f"update warehouse.marts.customer_rfm set f_score = 0 where customer_id = {_BUYER}",
        ),
        Mutation(
            "customer_rfm names a segment that there is not",
            "rfm_segment_known",
            f"""update warehouse.marts.customer_rfm set rfm_segment = 'Stars'
                where customer_id = {_LATER_BUYER}""",
        ),
        Mutation(
            "a buyer last ordered tomorrow, by customer_360",
            "customer_360_recency_positive",
            f"""update warehouse.marts.customer_360 set recency_days = 0
                where customer_id = {_BUYER}""",
        ),
        Mutation(
            "a day's refunds are a cent too many",
            "daily_refunds_equal_refunds",
            _kpi("refunds_booked"),
        ),
        Mutation(
            "a day has a buyer too many",
            "daily_orders_equal_orders",
            f"""update warehouse.marts.kpi_daily set buyers = buyers + 1
                where channel = 'ALL' and date = {_DAY}""",
        ),
        Mutation(
            "a campaign delivered more than it sent",
            "campaign_delivered_within_sent",
            """update warehouse.marts.campaign_performance set sent = delivered - 1
                where delivered = (select max(delivered) from warehouse.marts.campaign_performance)
            """,
        ),
        Mutation(
            "a customer's history has no end",
            "customer_history_unbroken",
            _one(
                "warehouse.core.customer_history",
                "customer_history_key",
                "is_current = false",
                "is_current",
            ),
        ),
        Mutation(
            "a month end lacks one buyer",
            "segment_history_complete",
            f"""delete from warehouse.marts.segment_history where customer_id = {_BUYER}
                and month_end = (select max(month_end) from warehouse.marts.segment_history)""",
        ),
        Mutation(
            "a cohort is one too large",
            "cohorts_hold_every_buyer",
            """update warehouse.marts.cohort_retention set cohort_size = cohort_size + 1
                where cohort_month =
                    (select min(cohort_month) from warehouse.marts.cohort_retention)""",
        ),
        Mutation(
            "a phone number stands in a node's name",
            "no_phone_outside_contacts",
            _one("warehouse.ops.model_runs", "node", "node = 'call +34 600 111 222'"),
        ),
        Mutation(
            "a column is not explained",
            "columns_explained",
            """update warehouse.meta.columns set description = ''
                where table_name = 'kpi_daily' and column_name = 'buyers'""",
        ),
        Mutation(
            "the publication is described twice",
            "publication_described_once",
            "insert into warehouse.meta.publication from warehouse.meta.publication",
        ),
        Mutation(
            "a published column is gone",
            "schema_kept",
            """alter table warehouse.marts.next_questions drop attribute;
                delete from warehouse.meta.columns
                where table_name = 'next_questions' and column_name = 'attribute'""",
        ),
        Mutation(
            "every other buyer is lost",
            "segment_sizes_drift",
            f"""update warehouse.marts.customer_rfm set rfm_segment = 'Lost'
                where customer_id not in ({_BUYER}, {_LATER_BUYER})""",
        ),
        Mutation(
            "a table is twice as long",
            "row_counts_drift",
            """insert into warehouse.marts.customer_timeline
                from warehouse.marts.customer_timeline""",
        ),
    ),
    (
        Mutation(
            "a batch that the build includes was not read",
            "landed_rows_read",
            """delete from work.landing.rows_read
                where batch = (select min(batch) from work.landing.rows_read)""",
        ),
        Mutation(
            "an order falls on the day after",
            "orders_in_equal_out",
            """update work.staging.stg_orders set order_date = order_date + 1
                where source_system || '|' || order_id = """
            + _ANONYMOUS.format(pick="min"),
        ),
        Mutation(
            "two customers' orders change hands in core, and in what they spent",
            "orders_follow_identity",
            f"""
                create or replace temp table swapped as select {_BUYER} as a, {_LATER_BUYER} as b;
                update warehouse.core.fct_orders
                    set customer_id = if(customer_id = a, b, a) from swapped
                    where customer_id in (a, b);
                create or replace temp table spent as
                    select customer_id, sum(net_revenue) as net_revenue
                    from warehouse.core.fct_orders where not is_fully_refunded group by all;
                update warehouse.marts.customer_360 as shown set net_revenue = spent.net_revenue
                    from spent, swapped
                    where spent.customer_id = shown.customer_id and shown.customer_id in (a, b)
            """,
        ),
        Mutation(
            "a buyer's segment is not told",
            "rfm_complete",
            f"""alter table warehouse.marts.customer_rfm alter rfm_segment drop not null;
                update warehouse.marts.customer_rfm set rfm_segment = null
                where customer_id = {_BUYER}""",
        ),
        Mutation(
            "a buyer's monetary score is 9",
            "rfm_m_score_in_range",
            f"""update warehouse.marts.customer_rfm set m_score = 9
                where customer_id = {_LATER_BUYER}""",
        ),
        Mutation(
            "customer_rfm lacks a buyer",
            "rfm_covers_every_buyer",
            """delete from warehouse.marts.customer_rfm where customer_id =
                (select min(customer_id) from warehouse.marts.customer_rfm where frequency = 1)""",
        ),
        Mutation(
            "customer_rfm scores somebody who is no customer",
            "customer_360_carries_rfm",
            """insert into warehouse.marts.customer_rfm
                select * replace ('CNOBODY' as customer_id)
                from warehouse.marts.customer_rfm where customer_id =
                    (select max(customer_id) from warehouse.marts.customer_rfm where frequency = 1)
            """,
        ),
        Mutation(
            "a buyer last ordered tomorrow, by customer_rfm",
            "customer_rfm_recency_positive",
            f"""update warehouse.marts.customer_rfm set recency_days = -3
                where customer_id = {_BUYER}""",
        ),
        Mutation(
            "a customer spent a euro more than their orders",
            "customer_revenue_equals_orders",
            """update warehouse.marts.customer_360 set net_revenue = net_revenue + 1
                where customer_id = (
                    select min(customer_id) from warehouse.marts.customer_rfm where frequency = 1
                )""",
        ),
        Mutation(
            "a day's discount is a euro too much",
            "daily_revenue_equals_orders",
            _kpi("discount"),
        ),
        Mutation(
            "a buyer is new twice",
            "new_buyers_once",
            _kpi("new_buyers"),
        ),
        Mutation(
            "a month has refunds that no day has",
            "months_equal_days",
            """update warehouse.marts.kpi_monthly set refunds_booked = refunds_booked + 1
                where channel <> 'ALL'
                    and month = (select max(month) from warehouse.marts.kpi_monthly)""",
        ),
        Mutation(
            "a campaign was opened more often than delivered",
            "campaign_opened_within_delivered",
            """update warehouse.marts.campaign_performance set opened = delivered + 1
                where delivered = (select max(delivered) from warehouse.marts.campaign_performance)
            """,
        ),
        Mutation(
            "a campaign was clicked more often than delivered",
            "campaign_clicked_within_delivered",
            """update warehouse.marts.campaign_performance set clicked = delivered + 1
                where delivered = (select max(delivered) from warehouse.marts.campaign_performance)
            """,
        ),
        Mutation(
            "a cohort is dropped",
            "cohorts_hold_every_buyer",
            """delete from warehouse.marts.cohort_retention where cohort_month =
                (select min(cohort_month) from warehouse.marts.cohort_retention)""",
        ),
        Mutation(
            "a steward keeps apart two who hold one tax id",
            "strong_keys_vetoed",
            _same_key(
                "tax_key",
                """insert into contacts.contacts.identity_pairs by name
                    select holder.customer_id as customer_id_a, taker.customer_id as customer_id_b,
                        'vetoed' as decision
                    from holder, taker""",
            ),
        ),
        _without_customer("fct_audience_pulls", "pull_key"),
        _without_customer("fct_referrals", "referral_key"),
        _without_customer("fct_contact_outcomes", "outcome_key"),
        Mutation(
            "a contact was with somebody who is no customer",
            "fact_customers_exist",
            _one(
                "warehouse.core.fct_touchpoints",
                "touch_key",
                "customer_id = 'CNOBODY'",
                "customer_id is not null",
            ),
        ),
        Mutation(
            "two golden records change their phones",
            "golden_values_have_a_source",
            """
                create or replace temp table swapped as
                    select min(phone_e164) as a, max(phone_e164) as b
                    from contacts.contacts.golden_records;
                update contacts.contacts.golden_records
                    set phone_e164 = if(phone_e164 = a, b, a) from swapped
                    where phone_e164 in (a, b)
            """,
        ),
        Mutation(
            "customers' phones stand as bare digits in a node's name",
            "no_known_phones_outside_contacts",
            """update warehouse.ops.model_runs set node = (
                    select right(max(phone_e164), 9) from contacts.contacts.golden_records
                    where phone_e164 like '+34%'
                ) where node = (select min(node) from warehouse.ops.model_runs)""",
        ),
        Mutation(
            "a tax id stands in a store's column",
            "no_known_tax_ids_outside_contacts",
            f"""update warehouse.marts.customer_360 set home_store_id =
                    (select min(tax_id) from contacts.contacts.golden_records)
                where customer_id = {_LEAD}""",
        ),
        Mutation(
            "a refund has no rate",
            "no_missing_fx_rate",
            _one("warehouse.core.fct_refunds", "refund_key", "fx_rate = null"),
        ),
        Mutation(
            "a published column has another type",
            "schema_kept",
            "alter table warehouse.marts.kpi_values alter value type varchar",
        ),
        Mutation(
            "the ledger forgets a customer",
            "published_ids_known",
            f"delete from contacts.contacts.identity_ledger where customer_id = {_LATER_LEAD}",
        ),
        Mutation(
            "a third of the records are somebody's second one more than before",
            "duplicate_rate_drift",
            """update warehouse.marts.duplicates set duplicate_rate = duplicate_rate + 0.3
                where source_system = 'ALL'""",
        ),
        Mutation(
            "a closed month had half the revenue in the last publication",
            "past_revenue_drift",
            """update base.marts.kpi_monthly
                set revenue_by_order_date = revenue_by_order_date / 2, orders = orders + 100
                where month = (select min(month) from base.marts.kpi_monthly where is_complete)""",
        ),
        Mutation(
            "of those held out many were on the list in the last publication",
            "holdout_sizes_kept",
            """update base.core.fct_audience_pulls set bucket = 'list'
                where bucket = 'holdout' and pull_id =
                    (select min(pull_id) from base.core.fct_audience_pulls
                    where bucket = 'holdout')""",
        ),
        Mutation(
            "whom a campaign was meant to hold out is on its list, and was in the last publication",
            "holdout_as_meant",
            "; ".join(
                f"""update {file}.core.fct_audience_pulls set bucket = 'list'
                    where bucket = 'holdout' and pull_id = (select max_by(pull_id, holdout_percent)
                        from {file}.core.fct_audience_pulls)"""
                for file in ("warehouse", "base")
            ),
        ),
    ),
    (
        Mutation(
            "no batch is on record",
            "batches_present",
            "delete from warehouse.ops.batches",
            also=("landed_rows_read", "staged_within_landed"),
        ),
        Mutation(
            "customer_rfm is empty",
            "tables_not_emptied",
            "delete from warehouse.marts.customer_rfm",
            also=("rfm_covers_every_buyer",),
        ),
        Mutation(
            "a day is missing in kpi_daily",
            "daily_revenue_equals_orders",
            f"delete from warehouse.marts.kpi_daily where date = {_DAY}",
            also=("daily_orders_equal_orders", "months_equal_days", "new_buyers_once"),
        ),
    ),
)

MUTATIONS: tuple[Mutation, ...] = tuple(mutation for copy in COPIES for mutation in copy)
