"""What a preview and a pull of a million customers cost.

    python -m benchmarks.audiences 1000000

Makes the two files of a publication by range(), with eight orders, ten contacts and two lists for
each customer, and previews and pulls audiences of them, each in a process of its own. Prints a
Markdown table.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from cartera import publications
from cartera.activation.audience import Audience, Format
from cartera.activation.comparing import compare
from cartera.activation.preview import preview
from cartera.activation.pull import pull
from cartera.duck import connect, create_file
from cartera.settings import Settings

PUBLICATION = "20260101T000000000000Z-0123abcd"
NOW = "2026-01-01T06:00:00Z"
WAREHOUSE = """
create schema w.core; create schema w.marts; create schema w.meta;
create table w.meta.publication as select date '2026-01-01' as as_of;
create table w.core.dim_customers as
select 'c' || md5(n::varchar)[:16] as customer_id, n as number, n % 20 <> 3 as has_email,
    n % 3 <> 0 as has_phone, n % 97 = 0 as is_bounced, n % 89 = 0 as is_unsubscribed
from range($people) numbers(n);
create table w.marts.customer_360 as
select customer_id, (hash(number)::hugeint % 40)::bigint as orders,
    (hash(number, 1)::hugeint % 1000000 / 100)::decimal(18, 2) as net_revenue,
    ['Champions', 'Loyal', 'At Risk', 'Lost'][1 + number % 4] as rfm_segment,
    ['A', 'B', 'C'][1 + number % 3] as abc_class, 'Other' as value_tier,
    (date '2026-01-01' - (hash(number, 2)::hugeint % 700)::int) as last_order_date,
    has_email and number % 10 <> 0 as is_reachable_email, has_phone as is_reachable_phone,
    number % 5000 = 0 as is_deceased, number % 9000 = 0 as is_test, 'ES' as country,
    'es' as language, 'store-' || number % 300 as home_store_id, date '2026-01-01' as as_of
from w.core.dim_customers;
create table w.marts.contact_reasons as
select customer_id, channel, purpose, not is_refused as has_consent,
    nullif(concat_ws(',',
        case when number % 9000 = 0 then 'test_record' end,
        case when number % 5000 = 0 then 'deceased' end,
        case when channel = 'email' and not has_email or channel <> 'email' and not has_phone
            then 'no_address' end,
        case when channel = 'email' and is_bounced then 'hard_bounce' end,
        case when is_refused and purpose <> 'service' then 'no_consent' end,
        case when channel = 'email' and is_unsubscribed then 'unsubscribed' end
    ), '') as suppression_reasons
from unnest(['email', 'phone', 'sms', 'whatsapp', 'post']) channels(channel),
    lateral (
        select *, if(channel = 'email', not has_email or number % 10 = 0, not has_phone)
            as is_refused
        from w.core.dim_customers
    ),
    unnest(['marketing', 'service', 'rescue', 'referral_ask']) purposes(purpose)
-- As a build leaves them: channel by channel, and some thousand rows of one purpose at a time.
order by channel, number // 2048, purpose, number;
create table w.core.customer_merges (old_customer_id varchar, current_customer_id varchar);
create table w.core.fct_orders as
select customer_id, (timestamp '2026-01-01' - to_days((hash(number, k)::hugeint % 700)::int))
    as ordered_at, 12.50::decimal(18, 2) as net_revenue, false as is_fully_refunded
from w.core.dim_customers, range(8) orders(k) order by 2;
create table w.core.fct_touchpoints as
select customer_id, if(k % 3 = 0, 'in', 'out') as direction, 'email' as channel,
    date '2026-01-01' - (hash(number, k)::hugeint % 700)::int as touch_date, k = 1 as is_answered,
    0.02::decimal(18, 8) as cost
from w.core.dim_customers, range(10) touches(k);
create table w.core.fct_audience_pulls as
select 'pull-' || k || '-' || number % 10 as pull_id, 'big' as audience, 'email' as channel,
    'marketing' as purpose, if(hash(number, k)::hugeint % 10 = 0, 'holdout', 'list') as bucket,
    null::varchar as reason,
    timestamp '2025-12-31' - to_days(((number % 10) * 20)::int) as pulled_at,
    customer_id, true as is_counted, false as is_in_both_arms
from w.core.dim_customers, range(2) pulls(k);
create table w.marts.list_results as
with buyers as (
    select pull_id, bucket, customer_id, sum(orders.net_revenue) as net_revenue
    from w.core.fct_audience_pulls pulls join w.core.fct_orders orders using (customer_id)
    where ordered_at >= pulled_at and ordered_at < pulled_at + to_days(30) group by all
)
select pull_id, any_value(audience) as audience, any_value(channel) as channel,
    any_value(purpose) as purpose, min(pulled_at) as pulled_at,
    min(pulled_at) + to_days(30) <= '2026-01-01' as is_over, 30 as response_days,
    count(*) filter (bucket = 'list') as listed,
    count(net_revenue) filter (bucket = 'list') as listed_buyers,
    coalesce(sum(net_revenue) filter (bucket = 'list'), 0) as listed_net_revenue,
    count(*) filter (bucket = 'holdout') as held_out,
    count(net_revenue) filter (bucket = 'holdout') as held_out_buyers,
    coalesce(sum(net_revenue) filter (bucket = 'holdout'), 0) as held_out_net_revenue,
    0 as excluded
from w.core.fct_audience_pulls left join buyers using (pull_id, bucket, customer_id) group by all;
create table w.core.fct_contact_outcomes as
select pull_id, customer_id, 'interested' as outcome from w.core.fct_audience_pulls
where hash(customer_id)::hugeint % 50 = 0;
"""
CONTACTS = """
create schema c.contacts;
create table c.contacts.golden_records as
select 'c' || md5(n::varchar)[:16] as customer_id, 'María' as given_name, 'García' as surname_1,
    'López ' || n as surname_2, 'maria.garcia.' || n || '@correo.example' as email,
    '+346' || lpad(n::varchar, 8, '0') as phone_e164, 'Calle Mayor ' || n % 200 as address,
    '28001' as postal_code, 'Madrid' as city,
    date '1950-01-01' + (n % 20000)::int as birth_date
from range($people) numbers(n);
"""
FIELDS = ("customer_id", "given_name", "surname_1", "email", "phone_e164", "net_revenue")
CAP = {"lists": 4, "days": 90}


def audience(name: str, rule: str, **told: object) -> Audience:
    return Audience.model_validate(
        {"name": name, "about": "x", "channel": "email", "rule": rule, "fields": FIELDS, **told}
    )


EVERYBODY = audience("big", "true", cap=CAP)
SEGMENT = audience("some", "rfm_segment = 'Champions' and orders >= 3", cap=CAP, limit=50_000)
# Nobody is kept off this one: a list as long as the company.
WHOLE = audience("whole", "true", purpose="internal", channel=None)
STEPS: dict[str, tuple[Audience, tuple[Format, ...]]] = {
    "preview of everybody, with a cap": (EVERYBODY, ()),
    "preview of a segment, with a cap and a limit": (SEGMENT, ()),
    "pull of everybody, CSV": (EVERYBODY, ("csv",)),
    "pull of a list of everybody, CSV": (WHOLE, ("csv",)),
    "pull of a list of everybody, Parquet": (WHOLE, ("parquet",)),
    "the same pull again": (EVERYBODY, ("csv",)),
    "pull of everybody, Parquet": (EVERYBODY, ("parquet",)),
    "pull of everybody, hashed for Google": (EVERYBODY, ("google",)),
    "compare both": (SEGMENT, ()),
}


def fill(home: Path, people: int) -> Settings:
    settings = Settings(home=home)
    folder = settings.publications / PUBLICATION
    folder.mkdir(parents=True)
    for file, alias, sql in (
        (publications.WAREHOUSE, "w", WAREHOUSE),
        (publications.CONTACTS, "c", CONTACTS),
    ):
        with connect(settings) as connection:
            create_file(connection, folder / file, alias)
            for statement in filter(str.strip, sql.split(";")):
                connection.execute(statement.replace("$people", f"{people:d}"))
    os.symlink(PUBLICATION, settings.publications / publications.CURRENT)
    return settings


def one_step(home: Path, step: str) -> None:
    """Do ``step`` and print what it cost; the import of what it needs is not counted.

    Previews are made twice: the desk's are of a process that has read rules before.
    """
    _time(home, step, step)
    if step.startswith("preview"):
        _time(home, step, "the same, in a process that has made one")


def _time(home: Path, step: str, called: str) -> None:
    which, formats = STEPS[step]
    settings = Settings(home=home)
    started, cpu = time.monotonic(), time.process_time()
    if formats:
        listed = pull(settings, which, formats).listed
    elif step.startswith("compare"):
        listed = compare(settings, EVERYBODY, SEGMENT).both
    else:
        listed = preview(settings, which).report.listed
    wall, cpu = time.monotonic() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {called} | {listed:,} | {wall:.2f} | {cpu:.2f} | {peak:,.0f} |", flush=True)


def _in_a_process_of_its_own(*told: str) -> None:
    command = [sys.executable, "-m", "benchmarks.audiences", *told]
    subprocess.run(command, check=True, env={**os.environ, "CARTERA_NOW": NOW})


def main(people: int) -> None:
    with TemporaryDirectory(prefix="cartera-bench-") as folder:
        # Not here: a process begins with the peak of the one that started it.
        _in_a_process_of_its_own(str(people), folder)
        print("| step | on the list | wall s | CPU s | MB |\n| --- | ---: | ---: | ---: | ---: |")
        for step in STEPS:
            _in_a_process_of_its_own(str(people), folder, step)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        one_step(Path(sys.argv[2]), sys.argv[3])
    elif len(sys.argv) > 2:
        fill(Path(sys.argv[2]), int(sys.argv[1]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
