"""What Streamlit runs for each person and each click: ``cartera desk`` starts it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from cartera import records
from cartera.desk import login, words
from cartera.desk.desk import Desk
from cartera.desk.markdown import plain
from cartera.desk.pages import Page, pages_of
from cartera.desk.shared import House, house
from cartera.errors import CarteraError, RefusedByData

# A file of ours: Streamlit would fetch a symbol from the net.
ICON = Path(__file__).parents[1] / "favicon.svg"


def main() -> None:
    """Who is it, what is current, which pages may they see: then the page that they chose."""
    st.set_page_config(page_title="Cartera", page_icon=ICON, layout="wide")
    language = words.chosen(st.session_state, st.context.locale)
    person = login.person(house(), language)
    if person is None:
        return
    try:
        desk = Desk(house().settings, house().reader.snapshot(), person, language)
    except RefusedByData as error:
        st.info(words.say(language, "desk.not_published"), icon=":material/hourglass_empty:")
        st.caption(f"{error.message} {error.fix}")
        login.beside(house(), person, language)
        return
    except CarteraError as error:
        st.error(f"{plain(error.message)} {error.fix}", icon=":material/error:")
        return
    links: dict[str, Any] = {}
    desk = replace(desk, links=links)
    for place, page in enumerate(pages_of(person.role)):
        links[page.name] = st.Page(
            partial(show, page, desk),
            title=desk.words(f"{page.name}.title"),
            icon=f":material/{page.icon}:",
            url_path=page.name,
            default=place == 0,
        )
    chosen = st.navigation(list(links.values()), expanded=True)
    beside(house(), desk)
    with records.acting_as(person.name):
        chosen.run()


def beside(served: House, desk: Desk) -> None:
    """What stands beside every page: how fresh it is, the language, who is here."""
    st.logo(ICON, size="large")
    with st.sidebar:
        st.caption(
            desk.words("desk.as_of", date=desk.formats.day(desk.as_of))
            + "  \n"
            + desk.words("desk.built", moment=desk.formats.moment(desk.publication["built_at"]))
        )
        st.segmented_control(
            desk.words("desk.language"),
            list(words.LANGUAGES),
            format_func=words.LANGUAGES.__getitem__,
            key="language",
            required=True,
        )
        login.beside(served, desk.person, desk.language)


def show(page: Page, desk: Desk) -> None:
    """Draw ``page``, or say that it could not be."""
    with desk.guarded(page.name):
        page.show(desk)


main()
