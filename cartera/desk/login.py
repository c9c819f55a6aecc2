"""Who looks at a page, on Streamlit's side of the door."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from cartera import clock
from cartera.desk import oidc, words
from cartera.desk.door import COOKIE, LOGIN, who
from cartera.desk.roles import Person, Role
from cartera.desk.shared import House

DEMO_USER = "demo"


def person(house: House, language: str) -> Person | None:
    """Who is logged in; None where nobody is any more, and the way back in is shown."""
    if house.mode == "demo":
        if st.session_state.get("demo-role") not in list(Role):
            st.session_state["demo-role"] = Role.MARKETER
        return Person(DEMO_USER, st.session_state["demo-role"])
    if house.mode == "oidc":
        return _by_provider(house, language)
    found = who(house.settings, house.sessions, st.context.cookies.get(COOKIE))
    if found is None:
        to = LOGIN if st.session_state.get("logged-out") else f"{LOGIN}?expired"
        # Constants of ours: what was drawn before must not stay on the screen.
        st.html(f"<script>location.href='{to}'</script>", unsafe_allow_javascript=True)
    return found


def _by_provider(house: House, language: str) -> Person | None:
    longest = timedelta(hours=house.settings.desk_session_hours)
    is_in = bool(st.user.is_logged_in)
    if is_in and oidc.is_fresh(st.user.to_dict(), clock.now(), longest):
        found = oidc.person_of(
            st.user.to_dict(), house.roles, trusts_email=house.settings.desk_trust_email
        )
        if found is not None:
            return found
        st.warning(words.say(language, "desk.no_role"), icon=":material/block:")
        st.button(words.say(language, "desk.log_out"), on_click=st.logout)
        return None
    st.title(words.say(language, "desk.title"), anchor=False)
    st.caption(words.say(language, "desk.expired" if is_in else "desk.log_in_lead"))
    st.button(words.say(language, "desk.log_in"), on_click=st.login, type="primary")
    return None


def beside(house: House, found: Person, language: str) -> None:
    """Who is here, and the way out; of the demo as whom to look at it."""
    if house.mode == "demo":
        st.selectbox(
            words.say(language, "desk.demo_role"),
            list(Role),
            format_func=lambda role: words.say(language, f"values.{role}"),
            key="demo-role",
        )
        st.caption(words.say(language, "desk.demo"))
        return
    role = words.say(language, f"values.{found.role}")
    st.caption(words.say(language, "desk.role", name=found.name, role=role))
    st.button(
        words.say(language, "desk.log_out"),
        on_click=st.logout if house.mode == "oidc" else _log_out,
        args=() if house.mode == "oidc" else (house,),
        icon=":material/logout:",
        type="tertiary",
    )


def _log_out(house: House) -> None:
    house.sessions.end(st.context.cookies.get(COOKIE))
    st.session_state["logged-out"] = True
