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
Default = str | float | None


@dataclass(frozen=True)
class Question:
    """What is asked for a field; ``default`` also says what kind of answer it is.

    ``read`` makes of an answer what the audience has. Raises UsageError for a wrong one.
    """

    field: str
    text: str
    default: Default | Callable[[Told], Default] = None
    is_asked: Callable[[Told], bool] = lambda told: True
    read: Callable[[Any], Any] = lambda answer: answer


def _is_marketing(told: Told) -> bool:
    return bool(told.get("purpose") == "marketing")


def _is_contact(told: Told) -> bool:
    return bool(told.get("purpose") != "internal")


def _fields(told: Told) -> str:
    return ", ".join(drafting.default_fields(told.get("channel")))


QUESTIONS = (
    Question("name", "Name, such as madrid_vips"),
    Question("about", "What is it for, in a sentence"),
    Question(
        "purpose",
        "Is it marketing, service (they asked for it) or internal (nobody is contacted)",
        "marketing",
    ),
    Question("channel", "By email or phone", "email", _is_contact),
    Question("rule", "Who, such as: orders >= 3 and rfm_segment = 'Champions'"),
    Question("fields", "What the list says of each, with commas", _fields, read=drafting.fields_of),
    Question(
        "holdout_percent",
        "Percent that nobody contacts, to measure what the list brings",
        10.0,
        _is_marketing,
    ),
    Question(
        "cap",
        "Leave out who was on so many lists in so many days, such as 2/30 (0: nobody)",
        "0",
        _is_marketing,
        drafting.cap_of,
    ),
    Question(
        "campaign",
        "Id of its campaign, if it has one: its lists hold out the same people, "
        "and are measured together",
        "",
        _is_contact,
        lambda answer: answer.strip() or None,
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
    default = question.default(given) if callable(question.default) else question.default
    while True:
        answer = typer.prompt(question.text, default=default, show_default=default != "")
        try:
            read = question.read(answer)
            drafting.check_so_far(settings, {**given, question.field: read})
        except UsageError as error:
            show_error(error, as_json=False)
        else:
            return read
