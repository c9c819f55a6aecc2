"""Who looks at a page, on Streamlit's side of the door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from cartera import records
from cartera.desk import oidc, words
from cartera.desk.door import COOKIE, LOGIN, who
from cartera.desk.logins import Sight
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
        _go(LOGIN if st.session_state.get("logged-out") else f"{LOGIN}?expired")
    return found


def _go(to: str) -> None:
    """To a constant of ours, by a page that is loaded anew: nothing drawn before must stay."""
    st.html(f"<script>location.href='{to}'</script>", unsafe_allow_javascript=True)


def _by_provider(house: House, language: str) -> Person | None:
    is_in, claims = bool(st.user.is_logged_in), st.user.to_dict()
    sight = house.logins.see(claims) if is_in else Sight.OVER
    if sight is Sight.OVER and st.session_state.get("was-in"):
        _go("/")
        return None
    if sight is Sight.OVER:
        st.title(words.say(language, "desk.title"), anchor=False)
        st.caption(words.say(language, "desk.expired" if is_in else "desk.log_in_lead"))
        st.button(words.say(language, "desk.log_in"), on_click=st.login, type="primary")
        return None
    found = oidc.person_of(claims, house.roles, trusts_email=house.settings.desk_trust_email)
    if sight is Sight.FIRST:
        _put_on_record(house, claims, found)
    st.session_state["was-in"] = True
    if found is None:
        st.warning(words.say(language, "desk.no_role"), icon=":material/block:")
        st.button(words.say(language, "desk.log_out"), on_click=_log_out_there, args=(house,))
    return found


def _put_on_record(house: House, claims: Mapping[str, Any], found: Person | None) -> None:
    """A login once. Who has no role is told by the provider's name for them, too.

    An e-mail that the provider has not verified may be anybody's.
    """
    email = oidc.email_of(claims, trusts_email=house.settings.desk_trust_email)
    with records.acting_as(email or "(unknown)"):
        if found is not None:
            records.access(house.settings, "desk-login")
        else:
            records.access(house.settings, "desk-refused", subject=str(claims.get("sub")))


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
        on_click=_log_out_there if house.mode == "oidc" else _log_out,
        args=(house,),
        icon=":material/logout:",
        type="tertiary",
    )


def _log_out(house: House) -> None:
    house.sessions.end(st.context.cookies.get(COOKIE))
    st.session_state["logged-out"] = True


def _log_out_there(house: House) -> None:
    """Other tabs have what the provider said, too: they are out at their next click."""
    house.logins.end(st.user.to_dict())
    # Streamlit leads away by itself, to where the browser's cookie is taken back.
    st.session_state["was-in"] = False
    st.logout()
