"""What all sessions of the desk's process share. Streamlit runs its entry anew at every click."""

from __future__ import annotations

from functools import cache

from cartera.desk.reading import Reader
from cartera.settings import Settings, load_settings


@cache
def settings() -> Settings:
    """Those of the process: ``cartera desk`` has put its own into the environment."""
    return load_settings()


@cache
def reader() -> Reader:
    """One for all: what one person has asked, the next one is told at once."""
    return Reader(settings())
