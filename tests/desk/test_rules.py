"""What somebody chooses is a rule that its own parser reads, and nothing else."""

from __future__ import annotations

import pytest

from cartera.activation.rule import compile_rule
from cartera.desk.figures.people import _condition
from cartera.desk.rules import Choice, rule

COLUMNS = {"rfm_segment": "text", "orders": "number", "is_stale": "yes or no"}


def test_all_that_is_chosen_has_to_hold() -> None:
    text = rule(
        [
            Choice("rfm_segment", values=["Lost", "At Risk"]),
            Choice("orders", least=3, most=9.5),
            Choice("is_stale", holds=False),
            Choice("rfm_segment"),
        ]
    )
    assert text == (
        "rfm_segment in ('Lost', 'At Risk') and orders >= 3 and orders <= 9.5 and not is_stale"
    )
    compiled = compile_rule(text, COLUMNS)  # type: ignore[arg-type]
    assert list(compiled.values.values()) == ["Lost", "At Risk", 3, 9.5]


def test_nothing_chosen_is_no_rule() -> None:
    assert rule([Choice("orders"), Choice("rfm_segment", values=[])]) == ""


@pytest.mark.parametrize("value", ["O'Neill", "' or true --", "\\'; drop table x"])
def test_a_value_stays_a_value(value: str) -> None:
    text = rule([Choice("rfm_segment", values=[value])])
    compiled = compile_rule(text, COLUMNS)  # type: ignore[arg-type]
    assert list(compiled.values.values()) == [value]
    assert compiled.columns == {"rfm_segment"}


@pytest.mark.parametrize(
    ("typed", "looks_at", "values"),
    [
        ("CF2X6JYV2I3M22", "customer_merges", {"text": "CF2X6JYV2I3M22"}),
        ("Ana@firm.com", "golden.email", {"text": "Ana@firm.com"}),
        ("crm:1042", "identity_map", {"text": "crm:1042"}),
        ("+34 600 11 22 33", "golden.phone_e164", {"digits": "34600112233"}),
        ("García  López", "given_name", {"word_0": "García", "word_1": "López"}),
        (
            "'; drop table x",
            "given_name",
            {"word_0": "';", "word_1": "drop", "word_2": "table", "word_3": "x"},
        ),
    ],
)
def test_what_is_typed_is_looked_for_where_it_can_stand(
    typed: str, looks_at: str, values: dict[str, str]
) -> None:
    condition, bound = _condition(" ".join(typed.split()))
    assert looks_at in condition
    assert bound == values
    assert all(f"${name}" in condition for name in values)


def test_of_many_words_a_few_are_looked_for() -> None:
    assert len(_condition("a b c d e f g h")[1]) == 6
    assert _condition("") == ("false", {})
