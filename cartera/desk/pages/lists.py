"""Lists: whom to contact, why each of them is there, who is left out and why; and the file."""

from __future__ import annotations

import streamlit as st

from cartera.activation.audience import Audience, load_audiences
from cartera.desk import words
from cartera.desk.desk import Desk
from cartera.desk.lists import after, before, building, cells, making, members
from cartera.desk.markdown import plain
from cartera.desk.parts import choose

# The four groups to look for first stand first.
FIRST = ("valuable_decliners", "valuable_complainers", "lost_valuable", "worst_candidates")


def show(desk: Desk) -> None:
    """Draw the page."""
    desk.title("lists.title", "lists.lead")
    if desk.role.pulls_lists:
        way = choose(desk, "lists-way", ("lists_ready", "lists_build"), "lists.way")
    else:
        way = "lists_ready"
        st.caption(desk.words("lists.no_pull"))
    if way == "lists_build":
        building.show(desk)
        return
    audience = _chosen(desk)
    if audience is not None:
        _audience(desk, audience)


def _chosen(desk: Desk) -> Audience | None:
    """The audience that is looked at, of the campaign that it is to be for."""
    found = load_audiences(desk.settings)
    names = [*(n for n in FIRST if n in found), *(n for n in sorted(found) if n not in FIRST)]
    wanted = st.query_params.get("audience")
    if wanted in names and "lists-audience" not in st.session_state:
        st.session_state["lists-audience"] = wanted
    left, right = st.columns([3, 2])
    with left:
        chosen = st.selectbox(
            desk.words("lists.which"),
            names,
            format_func=lambda name: cells.name(desk, name),
            key="lists-audience",
        )
    if chosen is None:
        return None
    st.query_params["audience"] = chosen
    audience = found[chosen]
    if not desk.role.pulls_lists or audience.channel is None:
        return audience
    with right:
        campaign = making.campaign(desk, f"lists-campaign-{chosen}", audience.campaign)
    return audience.for_campaign(campaign)


def _audience(desk: Desk, audience: Audience) -> None:
    known = words.phrases(desk.language)
    about = known.get(f"audiences.{audience.name}_is") or plain(audience.about)
    how = desk.words(
        "lists.nobody_contacted" if audience.channel is None else "lists.by",
        channel=desk.label(audience.channel),
        purpose=desk.label(audience.purpose),
    )
    st.markdown(f"{about} {how}")
    told = before.previewed(desk, audience)
    before.counts(desk, told.report)
    if desk.role.pulls_lists:
        making.show(desk, audience, told)
    if told.report.listed and desk.role.sees_contact_data:
        with desk.part("lists.on_it"):
            members.show(desk, audience, told)
    before.parts(desk, told)
    with desk.part("lists.came"):
        after.show(desk, audience)
