"""Lists: whom to contact, why each of them is there, who is left out and why; and the file."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import streamlit as st

from cartera.activation import drafting
from cartera.activation.audience import Audience, Format, load_audiences
from cartera.activation.kinds import Kind
from cartera.activation.neighbours import NEIGHBOURS, needs_contact_data
from cartera.activation.preview import Preview, preview
from cartera.activation.pull import PullReport, id_of, pull
from cartera.activation.rule import compile_order, compile_rule
from cartera.desk import words
from cartera.desk.desk import Desk
from cartera.desk.drawings import reasons as drawn
from cartera.desk.figures import customers, people
from cartera.desk.figures.segments import SCHEMES
from cartera.desk.markdown import plain
from cartera.desk.parts import choose, grid
from cartera.desk.reasons import sentence
from cartera.desk.rules import Choice, rule
from cartera.errors import CarteraError

# The four groups to look for first stand first.
FIRST = ("valuable_decliners", "valuable_complainers", "lost_valuable", "worst_candidates")
SHOWN = 100
FORMATS: tuple[Format, ...] = ("excel", "csv", "google", "meta")
MIME = "text/csv"
# What a rule can be made of by choosing; the parser knows more.
SEGMENTS = ("rfm_segment", "value_tier", "abc_class", "lifecycle_stage")
NUMBERS = ("net_revenue", "orders", "recency_days", "churn_risk")
FLAGS = ("is_valuable_decliner", "is_valuable_complainer", "is_lost_valuable")
Row = dict[str, Any]


def show(desk: Desk) -> None:
    """Draw the page."""
    desk.title("lists.title", "lists.lead")
    if desk.role.pulls_lists:
        way = choose(desk, "lists-way", ("lists_ready", "lists_build"), "lists.way")
    else:
        way = "lists_ready"
        st.caption(desk.words("lists.no_pull"))
    if way == "lists_build":
        _build(desk)
        return
    audience = _chosen(desk)
    if audience is not None:
        _audience(desk, audience)


# -- a list that is ready ------------------------------------------------------------------------


def _chosen(desk: Desk) -> Audience | None:
    found = load_audiences(desk.settings)
    names = [*(n for n in FIRST if n in found), *(n for n in sorted(found) if n not in FIRST)]
    wanted = st.query_params.get("audience")
    if wanted in names and "lists-audience" not in st.session_state:
        st.session_state["lists-audience"] = wanted
    chosen = st.selectbox(
        desk.words("lists.which"),
        names,
        format_func=lambda name: _name(desk, name),
        key="lists-audience",
    )
    if chosen is None:
        return None
    st.query_params["audience"] = chosen
    return found[chosen]


def _name(desk: Desk, audience: str) -> str:
    """What an audience is called; one of the company's own by its name."""
    known = words.phrases(desk.language)
    return known.get(f"audiences.{audience}", audience.replace("_", " "))


def _audience(desk: Desk, audience: Audience) -> None:
    known = words.phrases(desk.language)
    about = known.get(f"audiences.{audience.name}_is") or plain(audience.about)
    how = desk.words(
        "lists.nobody_contacted" if audience.channel is None else "lists.by",
        channel=desk.label(audience.channel),
        purpose=desk.label(audience.purpose),
    )
    st.markdown(f"{about} {how}")
    told = _previewed(desk, audience)
    _tiles(desk, told.report)
    for note in told.report.notes:
        st.info(plain(note), icon=":material/info:")
    if desk.role.pulls_lists:
        _pull(desk, audience, told)
    if told.report.listed and desk.role.sees_contact_data:
        with desk.part("lists.on_it"):
            _members(desk, audience, told)
    left, right = st.columns(2, gap="large")
    with left, desk.part("lists.excluded"):
        _excluded(desk, told.report)
    with right, desk.part("lists.expect"):
        _expect(desk, told)


def _previewed(desk: Desk, audience: Audience) -> Preview:
    """The preview, kept for this person until the next publication, pull or other definition.

    Raises CarteraError for a rule about contact data, for a role that may not see it.
    """
    used = needs_contact_data(_named(desk, audience))
    if used and not desk.role.sees_contact_data:
        raise CarteraError(desk.words("lists.needs_contact_data"))
    key = (id_of(audience, desk.snapshot.publication), st.session_state.get("lists-pulls", 0))
    kept = st.session_state.get("lists-preview")
    if kept and kept[0] == key:
        found: Preview = kept[1]
        return found
    with st.spinner(desk.words("lists.counting")):
        told = preview(desk.settings, audience, show=SHOWN)
    st.session_state["lists-preview"] = (key, told)
    return told


def _named(desk: Desk, audience: Audience) -> set[str]:
    """The columns that the rule and the order of an audience name."""
    columns = drafting.columns_now(desk.settings)
    order, _ = compile_order(audience.order, columns)
    return {*compile_rule(audience.rule, columns).columns, order}


def _tiles(desk: Desk, report: PullReport) -> None:
    told = {
        "listed": report.listed,
        "held_out": report.held_out,
        "left_out": sum(report.excluded.values()),
        "matched": report.matched,
    }
    for (name, count), column in zip(told.items(), st.columns(4), strict=True):
        with column:
            st.metric(
                desk.words(f"lists.{name}"),
                desk.formats.number(count),
                help=desk.words(f"lists.{name}_is"),
                border=True,
            )


# -- who is on it, and why -----------------------------------------------------------------------


def _members(desk: Desk, audience: Audience, told: Preview) -> None:
    rows = list(told.first)
    names = people.names(desk.people, [row["customer_id"] for row in rows])
    if told.report.listed > len(rows):
        st.caption(desk.words("lists.first", shown=len(rows), all=told.report.listed))
    left, right = st.columns([3, 2], gap="large")
    columns = [name for name in rows[0] if name not in ("customer_id", *FLAGS)][:4]
    with left:
        grid(
            desk,
            "lists",
            rows,
            {
                "customer": lambda row: names.get(str(row["customer_id"]), str(row["customer_id"])),
                **{name: _cell(desk, name) for name in columns},
            },
            headings={name: _column(desk, name) for name in columns},
            left=[name for name in columns if any(isinstance(row[name], str) for row in rows)],
            height=430 if len(rows) > 11 else "content",
        )
    with right:
        _why(desk, audience, rows, names)


def _cell(desk: Desk, column: str) -> Any:
    return lambda row: _value(desk, column, row[column])


def _why(desk: Desk, audience: Audience, rows: list[Row], names: dict[str, str]) -> None:
    by_id = {row["customer_id"]: row for row in rows}
    chosen = st.selectbox(
        desk.words("lists.why"),
        list(by_id),
        format_func=lambda customer: names.get(customer, customer),
        key=f"lists-why-{audience.name}",
    )
    if chosen is None:
        return
    with st.container(border=True):
        for alert in customers.alerts(desk.query, chosen).to_pylist():
            st.markdown(sentence(desk, alert))
        row = by_id[chosen]
        facts = [
            f"- {plain(_column(desk, name))}: **{plain(_value(desk, name, value))}**"
            for name, value in row.items()
            if name not in ("customer_id", *FLAGS) and value is not None
        ]
        st.markdown("\n".join(facts))
        st.caption(desk.words("lists.rule", rule=plain(audience.rule)))
        desk.link("customers", desk.words("lists.see_customer"), customer=chosen)


def _column(desk: Desk, name: str) -> str:
    return words.phrases(desk.language).get(f"columns.{name}", name.replace("_", " "))


def _value(desk: Desk, column: str, value: Any) -> str:
    """A value of a rule's column, as its reader writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return desk.words("customers.may" if value else "customers.may_not")
    if isinstance(value, datetime):
        return desk.formats.moment(value)
    if isinstance(value, date):
        return desk.formats.day(value)
    if isinstance(value, Decimal):
        return desk.formats.money(value)
    if column in ("decline_ratio", "churn_risk", "completeness", "p_alive"):
        return desk.formats.percent(value, 0)
    if isinstance(value, int | float):
        return desk.formats.number(value, 0 if value == int(value) else 1)
    return desk.label(value)


# -- who is not, and what to expect --------------------------------------------------------------


def _excluded(desk: Desk, report: PullReport) -> None:
    if not report.excluded:
        desk.empty("lists.nobody_excluded")
        return
    told = sorted(report.excluded.items(), key=lambda item: -item[1])
    table = drawn.table(told)
    desk.chart(
        drawn.counts(table, desk.label, desk.words("lists.customers"), desk.words("lists.reason")),
        "excluded",
        table,
        alt=desk.words("lists.excluded_alt"),
    )


def _expect(desk: Desk, told: Preview) -> None:
    formats, lines = desk.formats, []
    if told.cost is not None and told.report.listed:
        lines.append(desk.words("lists.cost", amount=plain(formats.money(told.cost, 2))))
    if told.expected is None:
        lines.append(desk.words("lists.not_known"))
    else:
        lines.append(
            desk.words(
                "lists.expected",
                ordered=plain(formats.number(told.expected.ordered, 1)),
                revenue=plain(formats.money(told.expected.net_revenue)),
                pulls=told.expected.pulls,
            )
        )
        if told.expected.held_out.customers:
            lines.append(
                desk.words(
                    "lists.without",
                    listed=plain(formats.percent(told.expected.listed.rate)),
                    held_out=plain(formats.percent(told.expected.held_out.rate)),
                )
            )
    lines += [
        desk.words(
            "lists.overlap",
            customers=formats.number(other.customers),
            audience=plain(_name(desk, other.audience)),
        )
        for other in told.overlaps[:3]
    ]
    st.markdown("\n".join(f"- {line}" for line in lines))


# -- taking it along -----------------------------------------------------------------------------


def _pull(desk: Desk, audience: Audience, told: Preview) -> None:
    """A list is written by a pull, which is on the record; then it can be downloaded."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        form = st.selectbox(
            desk.words("lists.format"),
            FORMATS,
            format_func=lambda name: desk.words(f"lists.{name}"),
            key="lists-format",
            width=240,
        )
        wanted = st.button(
            desk.words("lists.pull"),
            type="primary",
            icon=":material/playlist_add_check:",
            disabled=not told.report.listed,
            help=desk.words("lists.pull_is"),
        )
    if wanted and form:
        with st.spinner(desk.words("lists.pulling")):
            done = pull(desk.settings, audience, (form,))
        st.session_state["lists-pulls"] = st.session_state.get("lists-pulls", 0) + 1
        st.session_state["lists-done"] = done
        st.rerun()
    done = st.session_state.get("lists-done")
    # Of another audience, definition or publication it is no longer this list.
    if done and done.pull_id == told.report.pull_id:
        _pulled(desk, done)


def _pulled(desk: Desk, done: PullReport) -> None:
    st.success(
        desk.words(
            "lists.pulled",
            listed=desk.formats.number(done.listed),
            who=plain(desk.person.name),
        ),
        icon=":material/task_alt:",
    )
    for form, file in done.files.items():
        path = Path(file)
        st.download_button(
            desk.words("lists.download", name=path.name),
            path.read_bytes,
            file_name=path.name,
            mime=MIME,
            icon=":material/download:",
            type="primary",
            key=f"lists-download-{form}",
            on_click="ignore",
        )


# -- a list of one's own -------------------------------------------------------------------------


def _build(desk: Desk) -> None:
    st.markdown(desk.words("lists.build_how"))
    left, right = st.columns(2, gap="large")
    choices: list[Choice] = []
    with left:
        for name in SEGMENTS:
            chosen = st.multiselect(
                _column(desk, name),
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
            FLAGS,
            format_func=lambda name: _column(desk, name),
            key="lists-flags",
            placeholder=desk.words("lists.any"),
        )
        choices += [Choice(name, holds=True) for name in wanted]
    text = rule(choices)
    with st.expander(desk.words("lists.as_text"), icon=":material/code:"):
        own = st.text_area(desk.words("lists.or_write"), value="", placeholder=text).strip()
        _columns(desk)
    text = own or text
    if not text:
        desk.empty("lists.choose_first")
        return
    st.code(text, language="sql", wrap_lines=True)
    told = _told(desk, text)
    audience = drafting.checked(desk.settings, told)
    _tiles(desk, (found := _previewed(desk, audience)).report)
    if found.report.listed:
        with desk.part("lists.on_it"):
            _members(desk, audience, found)
    with desk.part("lists.excluded"):
        _excluded(desk, found.report)
    _save(desk, told)


def _range(desk: Desk, name: str) -> Choice:
    """From and to; a share is asked for in percent."""
    scale = 100 if name == "churn_risk" else 1
    label = _column(desk, name) + (" (%)" if scale == 100 else "")
    low, high = st.columns(2)
    with low:
        least = st.number_input(
            desk.words("lists.from", what=label), value=None, step=1.0, key=f"lists-{name}-least"
        )
    with high:
        most = st.number_input(
            desk.words("lists.to", what=label), value=None, step=1.0, key=f"lists-{name}-most"
        )
    return Choice(
        name,
        least=None if least is None else least / scale,
        most=None if most is None else most / scale,
    )


def _columns(desk: Desk) -> None:
    """What a rule may name, and what each is."""
    about = {name: column.about for near in NEIGHBOURS for name, column in near.columns.items()}
    known: dict[str, Kind] = drafting.columns_now(desk.settings)
    rows = [{"column": name, "kind": kind} for name, kind in sorted(known.items())]
    grid(
        desk,
        "lists",
        rows,
        {
            "column": lambda row: row["column"],
            "kind": lambda row: row["kind"],
            "meaning": lambda row: about.get(row["column"], _column(desk, row["column"])),
        },
        left=("kind", "meaning"),
        height=240,
    )


def _told(desk: Desk, text: str) -> dict[str, Any]:
    """The audience as it would be written."""
    left, middle, right = st.columns(3)
    with left:
        name = st.text_input(desk.words("lists.name"), "my_list", key="lists-name", max_chars=60)
    with middle:
        channel = st.selectbox(
            desk.words("lists.channel"),
            ("email", "phone"),
            format_func=desk.label,
            key="lists-channel",
        )
    with right:
        limit = st.number_input(
            desk.words("lists.limit"), value=None, min_value=1, step=1, key="lists-limit"
        )
    about = st.text_input(desk.words("lists.about"), key="lists-about", max_chars=200)
    told: dict[str, Any] = {
        "name": name.strip(),
        "about": about.strip() or name.strip(),
        "channel": channel,
        "rule": text,
        "fields": ["customer_id", "given_name", "surname_1", channel_field(str(channel))],
    }
    return {**told, "limit": int(limit)} if limit else told


def channel_field(channel: str) -> str:
    """The field of contact data by which ``channel`` reaches somebody."""
    return "phone_e164" if channel == "phone" else "email"


def _save(desk: Desk, told: dict[str, Any]) -> None:
    """Writing it down makes it one of the ready ones, which can be pulled and repeated."""
    if st.button(desk.words("lists.save"), type="primary", icon=":material/save:"):
        drafting.draft(desk.settings, told)
        st.session_state.pop("lists-audience", None)
        st.session_state.pop("lists-way", None)
        st.query_params["audience"] = told["name"]
        st.rerun()
