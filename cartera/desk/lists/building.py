"""A list of one's own: whom it means by choosing or as text, and how they are contacted."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cartera.activation import drafting
from cartera.activation.kinds import Kind
from cartera.desk import words
from cartera.desk.desk import Desk
from cartera.desk.figures.segments import SCHEMES
from cartera.desk.lists import before, cells, making, members
from cartera.desk.parts import grid
from cartera.desk.rules import Choice, rule

# What a rule can be made of by choosing; the parser knows more.
SEGMENTS = ("rfm_segment", "value_tier", "abc_class", "lifecycle_stage")
NUMBERS = ("net_revenue", "orders", "recency_days", "churn_risk")
PURPOSES = ("marketing", "service", "internal")
HOLDOUT_PERCENT = 10.0
CAP_DAYS = 30


def show(desk: Desk) -> None:
    """Controls, and below them what the list would be, as of one that is ready."""
    st.markdown(desk.words("lists.build_how"))
    text = rule(_choices(desk))
    with st.expander(desk.words("lists.as_text"), icon=":material/code:"):
        own = st.text_area(
            desk.words("lists.or_write"), value="", placeholder=text, key="lists-rule"
        ).strip()
        _columns(desk)
    text = own or text
    if not text:
        desk.empty("lists.choose_first")
        return
    st.code(text, language="sql", wrap_lines=True)
    told = {**_about(desk), "rule": text, **_limits(desk)}
    audience = drafting.checked(desk.settings, told)
    found = before.previewed(desk, audience)
    before.counts(desk, found.report)
    # Writing it down makes it one of the ready ones, which can be pulled and repeated.
    if st.button(
        desk.words("lists.save"), type="primary", icon=":material/save:", key="lists-save"
    ):
        _save(desk, told)
    if found.report.listed:
        with desk.part("lists.on_it"):
            members.show(desk, audience, found)
    before.parts(desk, found)


def _choices(desk: Desk) -> list[Choice]:
    left, right = st.columns(2, gap="large")
    choices: list[Choice] = []
    with left:
        for name in SEGMENTS:
            chosen = st.multiselect(
                cells.column(desk, name),
                SCHEMES[name],
                format_func=desk.label,
                key=f"lists-{name}",
                placeholder=desk.words("lists.any"),
            )
            choices.append(Choice(name, values=chosen))
    with right:
        choices += [_range(desk, name) for name in NUMBERS]
        wanted = st.multiselect(
            desk.words("lists.flags"),
            members.FLAGS,
            format_func=lambda name: cells.column(desk, name),
            key="lists-flags",
            placeholder=desk.words("lists.any"),
        )
        choices += [Choice(name, holds=True) for name in wanted]
    return choices


def _range(desk: Desk, name: str) -> Choice:
    """From and to; a share is asked for in percent."""
    scale = 100 if name == "churn_risk" else 1
    label = cells.column(desk, name) + (" (%)" if scale == 100 else "")
    low, high = st.columns(2)
    with low:
        least = st.number_input(
            desk.words("lists.from", what=label),
            value=None,
            step=1.0,
            help=cells.hint(desk, name),
            key=f"lists-{name}-least",
        )
    with high:
        most = st.number_input(
            desk.words("lists.to", what=label),
            value=None,
            step=1.0,
            help=cells.hint(desk, name),
            key=f"lists-{name}-most",
        )
    return Choice(
        name,
        least=None if least is None else least / scale,
        most=None if most is None else most / scale,
    )


def _columns(desk: Desk) -> None:
    """What a rule may name, and what each is."""
    known: dict[str, Kind] = drafting.columns_now(desk.settings)
    rows = [{"column": name, "kind": kind} for name, kind in sorted(known.items())]
    grid(
        desk,
        "lists",
        rows,
        {
            "column": lambda row: row["column"],
            "kind": lambda row: desk.words(f"lists.kind_{row['kind'].replace(' ', '_')}"),
            "meaning": lambda row: (
                cells.meaning(desk, row["column"]) or cells.column(desk, row["column"])
            ),
        },
        left=("kind", "meaning"),
        height=240,
    )


def _about(desk: Desk) -> dict[str, Any]:
    """What the list is called, what for, by which channel and for which campaign."""
    left, middle, right = st.columns(3)
    with left:
        name = st.text_input(desk.words("lists.name"), "my_list", key="lists-name", max_chars=60)
    with middle:
        purpose = st.selectbox(
            desk.words("lists.purpose"),
            PURPOSES,
            format_func=desk.label,
            help=desk.words("lists.purpose_is"),
            key="lists-purpose",
        )
    told: dict[str, Any] = {"name": name.strip(), "about": name.strip(), "purpose": purpose}
    if purpose != "internal":
        with right:
            told["channel"] = st.selectbox(
                desk.words("lists.channel"),
                tuple(drafting.REACHED_BY),
                format_func=desk.label,
                key="lists-channel",
            )
    left, right = st.columns([2, 1])
    with left:
        about = st.text_input(desk.words("lists.about"), key="lists-about", max_chars=200)
    if purpose != "internal":
        with right:
            campaign = making.campaign(desk, "lists-own-campaign")
        told |= {"campaign": campaign} if campaign else {}
    return {**told, "about": about.strip() or told["about"]}


def _limits(desk: Desk) -> dict[str, Any]:
    """How many at most; and of marketing how many are held out, and who was listed enough."""
    is_marketing = st.session_state.get("lists-purpose", PURPOSES[0]) == "marketing"
    asked = ("limit", "holdout", "cap_lists", "cap_days") if is_marketing else ("limit",)
    found: dict[str, Any] = {}
    for name, column in zip(asked, st.columns(4), strict=False):
        with column:
            found[name] = _number(desk, name)
    told: dict[str, Any] = {"limit": found["limit"]} if found["limit"] else {}
    if is_marketing:
        told["holdout_percent"] = float(found["holdout"] or 0)
        if found["cap_lists"]:
            told["cap"] = {"lists": found["cap_lists"], "days": found["cap_days"] or CAP_DAYS}
    return told


def _number(desk: Desk, name: str) -> Any:
    label, key = desk.words(f"lists.{name}"), f"lists-{name.replace('_', '-')}"
    hint = words.phrases(desk.language).get(f"lists.{name}_is")
    if name == "holdout":
        return st.number_input(
            label,
            min_value=0.0,
            max_value=100.0,
            value=HOLDOUT_PERCENT,
            step=1.0,
            format="%g",
            help=hint,
            key=key,
        )
    first = CAP_DAYS if name == "cap_days" else None
    return st.number_input(label, min_value=1, value=first, step=1, help=hint, key=key)


def _save(desk: Desk, told: dict[str, Any]) -> None:
    drafting.draft(desk.settings, told)
    st.session_state.pop("lists-audience", None)
    st.session_state.pop("lists-way", None)
    st.query_params["audience"] = told["name"]
    st.rerun()
