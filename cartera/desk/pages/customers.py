"""Customers: find one, and see who they are, what happened, and what comes next."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cartera.desk.desk import Desk
from cartera.desk.figures import customers as figures
from cartera.desk.figures import people
from cartera.desk.figures.segments import SCHEMES
from cartera.desk.markdown import isolated, plain
from cartera.desk.matches import listed, matched
from cartera.desk.parts import Cell, grid, numbers, of
from cartera.desk.reading import MOST_ROWS
from cartera.desk.reasons import sentence
from cartera.errors import UsageError
from cartera.identity.explain import explain
from cartera.identity.lookup import open_contacts

BADGES = {
    "rfm_segment": "blue",
    "value_tier": "violet",
    "lifecycle_stage": "green",
    "relationship_stage": "gray",
}
# What the numbers of one customer are.
KNOWN = of(
    "customer_360", "net_revenue", "contribution", "orders", "last_order_date", "clv", "churn_risk"
)
AMOUNT = of("customer_timeline", "amount")
Row = dict[str, Any]


def show(desk: Desk) -> None:
    """Draw the page: the customer that the address names, else the search."""
    wanted = st.query_params.get("customer")
    if wanted:
        found = figures.by_id(desk.query, wanted).to_pylist()
        if found:
            _customer(desk, found[0])
            return
        st.warning(desk.words("customers.unknown", id=plain(wanted)), icon=":material/help:")
    desk.title("customers.title", "customers.lead")
    _search(desk)


# -- finding -------------------------------------------------------------------------------------


def _search(desk: Desk) -> None:
    if desk.role.sees_contact_data:
        typed = st.text_input(
            desk.words("customers.search"),
            key="customers-search",
            placeholder=desk.words("customers.search_how"),
            icon=":material/search:",
        ).strip()
    else:
        typed = ""
        _by_number(desk)
    if typed:
        rows = people.search(desk.people, typed).to_pylist()
        heading = "customers.found"
    else:
        segment = st.selectbox(
            desk.words("customers.segment"),
            [None, *SCHEMES["rfm_segment"]],
            format_func=lambda name: desk.label(name) if name else desk.words("customers.all"),
            key="customers-segment",
        )
        rows = figures.best(desk.query, segment).to_pylist()
        if rows and desk.role.sees_contact_data:
            known = people.names(desk.people, [row["customer_id"] for row in rows])
            rows = [{**row, "name": known.get(row["customer_id"])} for row in rows]
        heading = "customers.best"
    desk.heading(heading)
    if not rows:
        desk.empty("customers.nobody")
        return
    _open_one(desk, rows)
    cells: dict[str, Cell] = {"customer": lambda row: row.get("name") or row["customer_id"]}
    if typed:
        cells["city"] = lambda row: row["city"] or ""
    cells |= {
        "rfm_segment": lambda row: desk.label(row["rfm_segment"]) if row["rfm_segment"] else "",
        "net_revenue": lambda row: desk.formats.money(row["net_revenue"]),
        "last_order_date": lambda row: desk.formats.day(row["last_order_date"]),
    }
    height = 460 if len(rows) > 12 else "content"
    left = ("city", "rfm_segment")
    grid(desk, "customers", rows, cells, known=KNOWN, left=left, height=height)


def _by_number(desk: Desk) -> None:
    """The way to one customer for whom a name is not to be shown."""
    number = st.text_input(
        desk.words("customers.number"),
        key="customers-number",
        placeholder=desk.words("customers.number_how"),
        icon=":material/search:",
    ).strip()
    st.caption(desk.words("desk.no_contact_data"))
    if not number:
        return
    if figures.by_id(desk.query, number.upper()).num_rows:
        st.query_params["customer"] = number.upper()
        st.rerun()
    st.warning(desk.words("customers.unknown", id=plain(number)), icon=":material/help:")


def _open_one(desk: Desk, rows: list[Row]) -> None:
    """One of ``rows`` by name or number; the keyboard is enough."""
    told = {row["customer_id"]: row.get("name") or row["customer_id"] for row in rows}
    chosen = st.selectbox(
        desk.words("customers.open"),
        list(told),
        index=None,
        format_func=lambda customer: (
            customer if told[customer] == customer else f"{isolated(told[customer])} · {customer}"
        ),
        placeholder=desk.words("customers.open_how"),
    )
    if chosen:
        st.query_params["customer"] = chosen
        st.rerun()


def _back() -> None:
    st.query_params.clear()


# -- one customer --------------------------------------------------------------------------------


def _customer(desk: Desk, row: Row) -> None:
    customer = row["customer_id"]
    st.button(
        desk.words("customers.back"),
        on_click=_back,
        icon=":material/arrow_back:",
        type="tertiary",
    )
    contact = None
    if desk.role.sees_contact_data:
        contact = next(iter(people.contact(desk.people, customer).to_pylist()), None)
    parts = ("given_name", "surname_1", "surname_2")
    name = " ".join(contact[part] for part in parts if contact[part]) if contact else ""
    st.title(plain(name or customer), anchor=False)
    with st.container(horizontal=True, gap="small"):
        for column, colour in BADGES.items():
            if row[column]:
                st.badge(f"{desk.label(column)}: {desk.label(row[column])}", color=colour)
        if row["is_test"]:
            st.badge(desk.words("customers.is_test"), color="red")
        if row["is_deceased"]:
            st.badge(desk.words("customers.is_deceased"), color="red")
    for alert in figures.alerts(desk.query, customer).to_pylist():
        st.warning(sentence(desk, alert), icon=":material/priority_high:")
    _tiles(desk, row)
    names = ["timeline", "profile", "contact"]
    if desk.role.sees_contact_data:
        names.append("identity")
    drawn = {
        "timeline": lambda: _timeline(desk, customer),
        "profile": lambda: _profile(desk, row, contact),
        "contact": lambda: _contact(desk, customer),
        "identity": lambda: _identity(desk, customer),
    }
    for part, tab in zip(
        names, st.tabs([desk.words(f"customers.{part}") for part in names]), strict=True
    ):
        with tab, desk.part():
            drawn[part]()


def _tiles(desk: Desk, row: Row) -> None:
    formats = desk.formats
    told = {
        "net_revenue": formats.money(row["net_revenue"]),
        "contribution": formats.money(row["contribution"]),
        "orders": formats.number(row["orders"]),
        "last_order_date": formats.day(row["last_order_date"]),
        "clv": formats.money(row["clv"]),
        "churn_risk": formats.percent(row["churn_risk"], 0),
    }
    numbers(desk, "customers", told, KNOWN, in_a_row=3)


def _timeline(desk: Desk, customer: str) -> None:
    counted = figures.events(desk.query, customer)
    if not counted:
        desk.empty("customers.no_events")
        return
    chosen = st.pills(
        desk.words("customers.show"),
        list(figures.KINDS),
        selection_mode="multi",
        format_func=lambda kind: desk.words(f"customers.{kind}"),
        key="customers-kinds",
    )
    # Of nothing chosen all is shown, whatever a kind is called.
    wanted = [kind for group in chosen for kind in figures.KINDS[group]] if chosen else [*counted]
    total = sum(counted.get(kind, 0) for kind in wanted)
    if not total:
        desk.empty("customers.no_events")
        return
    key = f"customers-most-{customer}"
    most = st.session_state.get(key, figures.MOST_EVENTS)
    shown = figures.timeline(desk.query, customer, wanted, most).to_pylist()
    number = desk.formats.number
    st.caption(desk.words("customers.events", shown=number(len(shown)), all=number(total)))
    _events(desk, shown)
    left = min(total, MOST_ROWS) - len(shown)
    if left > 0:
        st.button(
            desk.words("customers.more", count=number(min(left, figures.MOST_EVENTS))),
            key="customers-more",
            icon=":material/expand_more:",
            on_click=lambda: st.session_state.update(
                {key: min(most + figures.MOST_EVENTS, MOST_ROWS)}
            ),
        )


def _events(desk: Desk, shown: list[Row]) -> None:
    grid(
        desk,
        "customers",
        shown,
        {
            "when": lambda event: desk.formats.moment(event["happened_at"]),
            "what": lambda event: desk.label(event["kind"]),
            "who": lambda event: _who(desk, event["direction"]),
            "channel": lambda event: desk.label(event["channel"]) if event["channel"] else "",
            "about": lambda event: desk.label(event["subject"]) if event["subject"] else "",
            "outcome": lambda event: desk.label(event["outcome"]) if event["outcome"] else "",
            "amount": lambda event: (
                desk.formats.money(event["amount"], 2) if event["amount"] is not None else ""
            ),
        },
        known=AMOUNT,
        left=("what", "who", "channel", "about", "outcome"),
        height=460 if len(shown) > 12 else "content",
    )


def _who(desk: Desk, direction: str | None) -> str:
    return desk.words(f"customers.{direction}") if direction in ("in", "out") else ""


def _facts(desk: Desk, told: dict[str, str]) -> None:
    """Names and values in two columns; what is not known is left out."""
    rows = [{"name": name, "value": value} for name, value in told.items() if value]
    if not rows:
        desk.empty()
        return
    grid(
        desk,
        "customers",
        rows,
        {
            "fact": lambda row: desk.words(f"customers.{row['name']}"),
            "value": lambda row: row["value"],
        },
        left=("value",),
    )


def _profile(desk: Desk, row: Row, contact: Row | None) -> None:
    formats, told = desk.formats, contact or {}
    left, right = st.columns(2, gap="large")
    address = ", ".join(
        str(told[part]) for part in ("address", "postal_code", "city", "region") if told.get(part)
    )
    with left:
        _facts(
            desk,
            {
                "email": told.get("email") or "",
                "phone": told.get("phone_e164") or "",
                "address": address,
                "birth_date": formats.day(told["birth_date"]) if told.get("birth_date") else "",
                "home_store_id": row["home_store_id"] or "",
                "account_owner": row["account_owner"] or "",
                "loyalty_tier": row["loyalty_tier"] or "",
                "acquisition_channel": desk.label(row["acquisition_channel"])
                if row["acquisition_channel"]
                else "",
                "first_order": formats.day(row["first_order_date"])
                if row["first_order_date"]
                else "",
                "completeness": formats.percent(row["completeness"], 0),
                "customer_id": row["customer_id"],
            },
        )
    with right:
        st.markdown(f"**{desk.words('customers.needs')}**")
        needs = figures.needs(desk.query, row["customer_id"]).to_pylist()
        for need in needs:
            st.markdown(
                "- "
                + desk.words(
                    f"customers.need_{need['origin']}",
                    need=plain(desk.label(need["need"])),
                    day=desk.formats.day(need["observed_at"]),
                )
            )
        if not needs:
            st.caption(desk.words("customers.no_needs"))
        st.markdown(f"**{desk.words('customers.next')}**")
        steps = figures.next_steps(desk.query, row["customer_id"]).to_pylist()
        for step in steps:
            st.markdown(f"- {desk.words('customers.' + step['kind'], what=plain(step['what']))}")
        if not steps:
            st.caption(desk.words("customers.no_next"))


def _contact(desk: Desk, customer: str) -> None:
    rows = figures.policy(desk.query, customer).to_pylist()
    if not rows:
        desk.empty("customers.no_policy")
        return
    first = rows[0]
    hour = first["best_hour"]
    st.markdown(
        desk.words(
            "customers.reach",
            channel=plain(desk.label(first["preferred_channel"])),
            hour=desk.words("customers.any_hour") if hour is None else f"{hour}:00",
            times=first["max_contacts_per_week"],
        )
    )
    grid(
        desk,
        "customers",
        rows,
        {
            "purpose": lambda row: desk.label(row["purpose"]),
            "allowed": lambda row: desk.words(
                "customers.may_not" if row["suppressed"] else "customers.may"
            ),
            "because": lambda row: ", ".join(
                desk.label(reason)
                for reason in (row["suppression_reasons"] or "").split(",")
                if reason
            ),
        },
        left=("allowed", "because"),
    )


def _identity(desk: Desk, customer: str) -> None:
    """Why these records are one person."""
    try:
        with open_contacts(desk.settings, "explain", [customer]) as connection:
            told = explain(connection, customer)
    except UsageError:
        desk.empty("customers.no_records")
        return
    records = told.get("records", [])
    st.markdown(desk.words("customers.records", count=len(records)))
    st.markdown(listed(records))
    if told["steps"]:
        st.markdown(f"**{desk.words('customers.why_one')}**")
        st.markdown(matched(desk, told["steps"]))
    if told.get("nearly"):
        with st.expander(desk.words("customers.nearly", count=len(told["nearly"]))):
            st.markdown(matched(desk, told["nearly"][:10]))
    for decision in told["decisions"]:
        st.info(
            desk.words(
                f"customers.{decision['kind']}",
                who=plain(decision["who"] or ""),
                a=plain(decision["record_a"]),
                b=plain(decision["record_b"]),
                why=plain(decision["why"] or ""),
            )
        )
