"""Who is it?"""

from __future__ import annotations

import streamlit as st

from cartera.desk.roles import Person, Role
from cartera.settings import Settings


def person(settings: Settings, language: str) -> Person | None:
    """Who is logged in."""
    return Person("demo", Role.MARKETER)


def log_out_button(language: str) -> None:
    """Nobody can."""
    st.empty()
