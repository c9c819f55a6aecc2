"""Presets: from the file that a vendor's export is, to the staged rows, by hand."""

from __future__ import annotations

import hashlib

from ingestion.source import load_source
from tests.ingestion.presets.conftest import Staged, told

ORDER = "order_id, kind, refers_to, ordered_at, channel, status, currency, gross_amount"
ORDER += ", discount_amount, party_email, party_phone"
CONSENT = "consent_id, channel, purpose, status, occurred_at, person_record_id, party_email"
EVENT = "event_id, event_type, occurred_at, anonymous_id, party_system, party_id, url"
EVENT += ", product_id, order_id, utm_source, utm_medium, utm_campaign, device"
STATS = "campaign_id, platform, stat_date, impressions, reach, clicks, spend, currency"
CASE = "case_id, kind, party_id, party_email, opened_at, resolved_at, notes, owner, updated_at"


def test_orders_of_shopify_are_put_together_from_their_rows(staged: Staged) -> None:
    """#1001: 121.00 paid, 21.00 of it tax, after 10.00 off; its second row is all but empty."""
    assert staged.rows(ORDER, "staging.stg_orders", "shopify") == told("""
    #1001 | order | - | 2026-10-31 22:30:00 | online | completed | EUR | 110.00 | 10.00
      | maria@correo.example | -
    #1002 | order | - | 2026-10-30 08:00:00 | online | cancelled | EUR | 16.53 | 0.00
      | devuelto@correo.example | -
    #1003 | order | - | 2026-10-29 16:15:00 | online | pending | USD | 100.00 | 0.00 | -
      | +34600111222
    #1004 | order | - | 2026-10-28 07:00:00 | online | completed | EUR | 30.00 | 0.00
      | lee@mail.example | -
    """)
    tax = "order_id, tax_amount, coupon_code, store_id, employee_id"
    assert staged.rows(tax, "landing.orders", "shopify") == [
        "#1001 | 21.00 | HOLA10 | - | -",
        "#1002 | 3.47 | - | - | -",
        "#1003 | 8.00 | - | Madrid | Ana",
        "#1004 | 0.00 | - | - | -",
    ]
    assert staged.counts("shopify", "orders") == [(6, 6, 0)]


def test_lines_of_shopify_are_numbered_within_their_order(staged: Staged) -> None:
    """Two lines of #1004 are alike, and both are there; a line without a SKU has its name."""
    line = "order_id, line_id, product_id, quantity, gross_amount, discount_amount"
    assert staged.rows(line, "staging.stg_order_lines", "shopify") == [
        "#1001 | 1 | CAM-01 | 2.000 | 100.00 | 0.00",
        "#1001 | 2 | Gorra sin referencia | 1.000 | 31.00 | 1.00",
        "#1002 | 1 | TAZ-01 | 1.000 | 20.00 | 0.00",
        "#1003 | 1 | ROPE | 4.000 | 100.00 | 0.00",
        "#1004 | 1 | KIT | 1.000 | 15.00 | 0.00",
        "#1004 | 2 | KIT | 1.000 | 15.00 | 0.00",
    ]


def test_customers_of_shopify_lose_the_apostrophes_of_spreadsheets_only(staged: Staged) -> None:
    who = "source_record_id, given_name, surname, email, phone, address, postal_code, city"
    who += ", region, country"
    found = staged.rows(who, "staging.stg_people", "shopify")
    accounts = [row for row in found if not row.startswith("party:")]
    assert accounts == told("""
    7210448301122 | María | García López | maria@correo.example | +34600111222 | C/ Mayor, 1
      | 08001 | Barcelona | B | ES
    7210448301123 | Gerrit | 't Hooft | Gerrit@mail.example | +31612345678 | - | 2511AB
      | 's-Gravenhage | - | NL
    7210448301124 | - | - | - | +34600999888 | - | - | - | - | -
    """)
    # The guests of the orders, by what they left: three e-mails and a phone.
    assert len(found) == len(accounts) + 4


def test_consents_of_shopify_are_of_the_day_that_the_file_is_named_after(staged: Staged) -> None:
    found = staged.rows(CONSENT, "staging.stg_consents", "shopify")
    assert [row for row in found if " | email | " in row] == told("""
    customers-2026-11-01|7210448301122 | email | marketing | granted | 2026-10-31 23:00:00
      | 7210448301122 | maria@correo.example
    customers-2026-11-01|7210448301123 | email | marketing | withdrawn | 2026-10-31 23:00:00
      | 7210448301123 | Gerrit@mail.example
    customers-2026-11-01|7210448301124 | email | marketing | withdrawn | 2026-10-31 23:00:00
      | 7210448301124 | -
    """)


def test_consents_of_shopify_for_sms_are_out_of_the_same_file(staged: Staged) -> None:
    who = "channel, status, occurred_at, person_record_id, party_phone"
    assert len(set(staged.rows("consent_id", "staging.stg_consents", "shopify"))) == 6
    found = staged.rows(who, "staging.stg_consents", "shopify")
    assert [row for row in found if row.startswith("sms")] == told("""
    sms | granted | 2026-10-31 23:00:00 | 7210448301124 | +34600999888
    sms | withdrawn | 2026-10-31 23:00:00 | 7210448301122 | -
    sms | withdrawn | 2026-10-31 23:00:00 | 7210448301123 | +31612345678
    """)
    assert staged.counts("shopify", "consents") == [(3, 3, 0), (3, 3, 0)]


def test_contacts_of_hubspot(staged: Staged) -> None:
    who = "source_record_id, given_name, surname, email, phone, city, created_at, updated_at"
    who += ", account_owner"
    assert staged.rows(who, "staging.stg_people", "hubspot") == told("""
    101 | Camille | Durand | camille@example.com | +33 6 00 00 00 00 | Lyon | 2026-03-12 08:14:00
      | 2026-07-01 21:30:00 | Florent Petit
    102 | John | Smith, Jr. | JOHN@Example.com | - | - | 2026-01-04 23:05:00 | 2026-06-30 08:00:00
      | -
    103 | - | - | - | - | - | 2025-12-31 23:00:00 | 2025-12-31 23:00:00 | -
    """)
    companies = staged.rows("record_id, account_id", "landing.crm_contacts", "hubspot")
    assert companies == [
        "101 | 9001",
        "102 | -",
        "103 | -",
    ]


def test_who_unsubscribed_in_hubspot_has_withdrawn_and_nobody_has_agreed(staged: Staged) -> None:
    assert staged.rows(CONSENT, "staging.stg_consents", "hubspot") == [
        "102 | email | marketing | withdrawn | 2026-06-30 08:00:00 | 102 | JOHN@Example.com",
    ]
    assert staged.counts("hubspot", "consents") == [(1, 1, 0)]


def test_members_of_mailchimp_have_the_state_of_their_file(staged: Staged) -> None:
    who = "record_id, status, given_name, surname, email, country, created_at, updated_at"
    assert staged.rows(who, "landing.newsletter_subscribers", "mailchimp") == told("""
    77fd3a0001 | subscribed | Lucía | Núñez | lucía@correo.example | ES | 2026-02-03 03:05:06
      | 2026-03-31 22:00:00
    77fd3a0002 | subscribed | Ivo | - | imported@example.com | - | - | 2026-01-01 09:00:00
    77fd3a0003 | unsubscribed | Ana | - | gone@example.com | - | 2025-05-05 08:00:00
      | 2026-05-06 06:00:00
    77fd3a0004 | bounced | - | - | bounced@example.com | - | 2025-01-01 09:00:00
      | 2026-02-02 09:00:00
    810826c56e | subscribed | - | - | mail@example.com | - | 2026-03-16 13:40:47
      | 2026-03-16 13:40:47
    """)
    # And those whom only the activity names, by their e-mail.
    people = staged.rows(
        "source, count(*)", "staging.stg_people", "mailchimp", group="group by source"
    )
    assert people == [
        "facts | 2",
        "newsletter_subscribers | 5",
    ]


def test_consents_of_mailchimp_are_given_and_withdrawn_by_two_files(staged: Staged) -> None:
    """Ivo was imported: nobody knows that he agreed."""
    assert staged.rows(CONSENT, "staging.stg_consents", "mailchimp") == told("""
    77fd3a0001 | email | marketing | granted | 2026-02-03 03:06:00 | 77fd3a0001
      | lucía@correo.example
    77fd3a0003|2026-05-06 08:00:00 | email | marketing | withdrawn | 2026-05-06 06:00:00
      | 77fd3a0003 | gone@example.com
    810826c56e | email | marketing | granted | 2026-03-16 13:40:47 | 810826c56e | mail@example.com
    """)
    assert staged.counts("mailchimp", "consents") == [(2, 2, 0), (1, 1, 0)]


def test_activity_of_mailchimp_is_of_the_campaign_that_names_the_file(staged: Staged) -> None:
    what = "campaign_id, channel, event_type, event_at, party_email"
    assert staged.rows(what, "staging.stg_campaign_messages", "mailchimp") == [
        "1001_spring_sale | email | click | 2026-04-01 07:01:00 | mail@example.com",
        "1001_spring_sale | email | open | 2026-04-01 08:00:00 | lucía@correo.example",
        "1001_spring_sale | email | open | 2026-04-02 19:15:00 | mail@example.com",
    ]
    clicked = staged.rows("url", "landing.campaign_messages", "mailchimp")
    assert "https://shop.example/sale?utm_campaign=spring&x=1,2" in clicked


def test_an_open_and_a_click_are_of_one_message(staged: Staged) -> None:
    of = {
        who: hashlib.sha256(f"my_mailchimp|1001_spring_sale|{who}".encode()).hexdigest()[:32]
        for who in ("mail@example.com", "lucía@correo.example")
    }
    ids = "party_email, event_type, message_id"
    assert staged.rows(ids, "staging.stg_campaign_messages", "mailchimp") == [
        f"lucía@correo.example | open | {of['lucía@correo.example']}",
        f"mail@example.com | click | {of['mail@example.com']}",
        f"mail@example.com | open | {of['mail@example.com']}",
    ]


def test_no_address_stands_where_everybody_may_read(staged: Staged) -> None:
    """The columns of class none and reference reach the warehouse."""
    found = []
    for name in {source for _, source in staged.reports}:
        for column, spec in load_source(name).columns.items():
            if spec.pii in ("none", "reference") and spec.type == "text":
                leaks = f"select 1 from work.landing.{name} where {column} like '%@%'"
                found += [f"{name}.{column}"] * len(staged.connection.execute(leaks).fetchall())
    assert found == []


def test_events_of_google_analytics(staged: Staged) -> None:
    """session_start is of no kind that counts; without a browser's id an event is refused."""
    assert staged.rows(EVENT, "landing.web_events", "ga4") == told("""
    1234.5678|1793523600123456|page_view|100 | page_view | 2026-11-01 09:00:00.123456 | 1234.5678
      | my_ga4 | - | https://shop.example/?utm_source=news | - | - | news | email | spring
      | mobile
    1234.5678|1793523605000000|view_item|101 | product_view | 2026-11-01 09:00:05 | 1234.5678
      | my_ga4 | - | https://shop.example/p/cam-01 | CAM-01 | - | - | - | - | mobile
    1234.5678|1793523700000000|purchase|102 | purchase | 2026-11-01 09:01:40 | 1234.5678 | my_ga4
      | 7210448301122 | https://shop.example/gracias | CAM-01 | #1001 | - | - | - | mobile
    """)
    assert staged.counts("ga4", "web_events") == [(4, 3, 1)]
    seen = staged.rows("referrer, category", "landing.web_events", "ga4")
    assert seen == [
        "https://mail.example/ | -",
        "- | Ropa",
        "- | -",
    ]


def test_calls_of_segment_and_rudderstack_become_events(staged: Staged) -> None:
    """The page's own track call is of a kind that no shop has, and is skipped."""
    assert staged.rows(EVENT, "landing.web_events", "segment") == told("""
    022bb90c-bbac-11e4-8dfc-aa07a5b093db | identify | 2015-02-23 22:28:55.111000
      | 507f191e810c19729de860ea | my_segment | 97980cfea0067 | - | - | - | - | - | - | -
    m-3 | identify | 2015-02-24 10:00:00 | 507f191e810c19729de860ea | my_segment | 97980cfea0067
      | - | - | - | - | - | - | -
    m-4 | page_view | 2026-11-01 10:00:00 | anon-1 | my_segment | - | https://shop.example/?a=1
      | - | - | news | email | spring | -
    m-5 | product_view | 2026-11-01 10:00:05 | anon-1 | my_segment | - | https://shop.example/p/1
      | CAM-01 | - | - | - | - | -
    m-6 | purchase | 2026-11-01 11:00:00 | 97980cfea0067 | my_segment | 97980cfea0067 | - | CAM-01
      | #1001 | - | - | - | -
    m-7 | identify | 2026-11-01 11:30:00 | anon-2 | my_segment | - | - | - | - | - | - | - | -
    m-8 | identify | 2026-11-01 11:00:00 | rudder-1 | my_segment | 27340af5c8819 | - | - | - | -
      | - | - | -
    """)


def test_identify_calls_of_one_person_are_put_together(staged: Staged) -> None:
    who = "source_record_id, full_name, email, phone, address, postal_code, city, region"
    who += ", updated_at"
    assert staged.rows(who, "staging.stg_people", "segment") == told("""
    27340af5c8819 | Richard Hendricks | rhedricks@example.com | - | - | - | - | -
      | 2026-11-01 11:00:00
    97980cfea0067 | Peter Gibbons | peter@example.com | +1 415 555 0100 | 6th St | 94103
      | San Francisco | CA | 2015-02-24 10:00:00
    anon-2 | - | news@example.com | - | - | - | - | - | 2026-11-01 11:30:00
    """)
    assert staged.counts("segment", "shop_accounts") == [(4, 4, 0)]


def test_payments_of_stripe_and_their_refunds(staged: Staged) -> None:
    """A charge that failed is no order. py_3 is refunded in part, and says Paid."""
    assert staged.rows(ORDER, "staging.stg_orders", "stripe") == told("""
    ch_1 | order | - | 2026-10-05 20:38:34 | online | completed | EUR | 1250.00 | 0.00
      | ana@example.com | -
    ch_2 | order | - | 2026-09-28 15:00:00 | online | completed | EUR | 40.00 | 0.00
      | belen@example.com | -
    ch_2|2026-09-28 15:00:00 | refund | ch_2 | 2026-10-02 11:00:00 | online | completed | EUR
      | 40.00 | 0.00 | belen@example.com | -
    py_3 | order | - | 2026-09-29 15:00:00 | online | completed | USD | 100.00 | 0.00
      | pablo@example.com | -
    py_3|2026-09-29 15:00:00 | refund | py_3 | 2026-10-01 09:30:00 | online | completed | USD
      | 30.00 | 0.00 | pablo@example.com | -
    """)
    people = staged.rows("person_record_id", "staging.stg_orders", "stripe")
    assert people[:3] == [
        "cus_A",
        "cus_B",
        "cus_B",
    ]


def test_spend_on_meta_is_added_up_to_campaign_and_day(staged: Staged) -> None:
    """Two ad sets of 30 October; the total line above them is no record."""
    assert staged.rows(STATS, "landing.ad_stats", "meta_ads") == [
        "120200111 | meta | 2026-10-30 | 6000 | 1500 | 110 | 1300.50 | EUR",
        "120200111 | meta | 2026-10-31 | 3100 | 900 | 2 | 10.00 | EUR",
    ]
    assert staged.counts("meta_ads", "ad_stats") == [(3, 3, 0)]


def test_spend_on_google_is_read_between_its_titles_and_totals(staged: Staged) -> None:
    assert staged.rows(STATS, "landing.ad_stats", "google_ads") == [
        "111 | google | 2026-10-30 | 48310 | - | 1940 | 1214.50 | EUR",
        "222 | google | 2026-10-31 | 9000 | - | - | 300.00 | EUR",
    ]
    assert staged.counts("google_ads", "ad_stats") == [(3, 3, 0)]


def test_tickets_of_zendesk(staged: Staged) -> None:
    """The first is of the hour after the clocks went back."""
    assert staged.rows(CASE, "landing.service_cases", "zendesk") == told("""
    35436 | request | 20978392 | ana@example.com | 2026-10-24 20:55:00 | 2026-10-26 09:38:00
      | Llegó roto 😡, "otra vez"⏎adjunto foto | Luis Mora | 2026-10-26 09:38:00
    35437 | request | 20978393 | - | 2026-10-31 07:00:00 | - | Horario | - | 2026-10-31 07:00:00
    """)


def test_tickets_of_zendesk_as_json(staged: Staged) -> None:
    assert staged.rows(CASE, "landing.service_cases", "zendesk_json") == told("""
    35436 | request | 20978392 | - | 2009-07-20 22:55:29 | - | The fire is very colorful.
      | 235323 | 2011-05-05 10:38:52
    35437 | request | 20978394 | ana@example.com | 2026-10-31 08:00:00 | 2026-11-01 09:00:00
      | Hola,⏎¿abrís el domingo? | Luis Mora | 2026-11-01 09:00:00
    """)
