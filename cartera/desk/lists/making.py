"""Making a list: for which campaign, in which format; then it can be taken along."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cartera.activation.audience import Audience, Format
from cartera.activation.preview import Preview
from cartera.activation.pull import PullReport, pull
from cartera.desk.desk import Desk
from cartera.desk.figures import lists as figures
from cartera.desk.markdown import plain

FORMATS: tuple[Format, ...] = ("excel", "csv", "google", "meta")
MIME = "text/csv"
# Lists are made one after the other: who makes one waits for a colleague's.
WAIT_SECONDS = 60.0


def campaign(desk: Desk, key: str, told: str | None = None) -> str | None:
    """The campaign that a list is to be for: one that is known, or the id of another."""
    known = figures.campaigns(desk.query)
    options = [*known, *([told] if told and told not in known else [])]
    chosen = st.selectbox(
        desk.words("lists.campaign"),
        options,
        index=options.index(told) if told else None,
        format_func=lambda one: f"{known[one]} · {one}" if known.get(one) else one,
        placeholder=desk.words("lists.no_campaign"),
        help=desk.words("lists.campaign_is"),
        accept_new_options=True,
        key=key,
    )
    return (chosen or "").strip() or None


def show(desk: Desk, audience: Audience, told: Preview) -> None:
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
            key="lists-pull",
        )
    if wanted and form:
        wait = max(WAIT_SECONDS, desk.settings.lock_wait_seconds)
        with st.spinner(desk.words("lists.pulling")):
            done = pull(desk.settings, audience, (form,), wait=wait)
        st.session_state["lists-pulls"] = st.session_state.get("lists-pulls", 0) + 1
        st.session_state["lists-done"] = done
        st.rerun()
    done = st.session_state.get("lists-done")
    # Of another audience, definition or publication it is no longer this list.
    if done and done.pull_id == told.report.pull_id:
        _done(desk, done)


def _done(desk: Desk, done: PullReport) -> None:
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
