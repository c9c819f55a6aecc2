"""The questions of ``cartera audience new``: each is asked until its answer is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer

from cartera.activation import drafting
from cartera.console import show_error
from cartera.errors import UsageError
from cartera.settings import Settings

Told = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """What is asked for a field; ``default`` also says what kind of answer it is."""

    field: str
    text: str
    default: str | float | None = None
    is_asked: Callable[[Told], bool] = lambda told: True


QUESTIONS = (
    Question("name", "Name, such as madrid_vips"),
    Question("about", "What is it for, in a sentence"),
    Question(
        "purpose",
        "Is it marketing, service (they asked for it) or internal (nobody is contacted)",
        "marketing",
    ),
    Question(
        "channel", "By email or phone", "email", lambda told: told.get("purpose") != "internal"
    ),
    Question("rule", "Who, such as: orders >= 3 and rfm_segment = 'Champions'"),
    Question(
        "holdout_percent",
        "Percent that nobody contacts, to measure what the list brings",
        10.0,
        lambda told: told.get("purpose") == "marketing",
    ),
)


def ask(settings: Settings, told: Told) -> None:
    """Put into ``told`` what it lacks. Raises UsageError for what it has and is wrong."""
    given = {field: value for field, value in told.items() if value is not None}
    drafting.check_so_far(settings, given)
    for question in QUESTIONS:
        if told.get(question.field) is None and question.is_asked(told):
            given[question.field] = told[question.field] = _answer(settings, given, question)


def _answer(settings: Settings, given: Told, question: Question) -> Any:
    while True:
        answer = typer.prompt(question.text, default=question.default)
        try:
            drafting.check_so_far(settings, {**given, question.field: answer})
        except UsageError as error:
            show_error(error, as_json=False)
        else:
            return answer
