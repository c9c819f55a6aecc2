"""Every rule has a mutation that it must catch."""

from __future__ import annotations

import pytest

from expectations.suites import RULE_NAMES
from tests.expectations.mutations import COPIES, MUTATIONS
from tests.expectations.quality_page import TABLES, written


def test_every_rule_has_a_mutation_and_no_mutation_names_another() -> None:
    assert len(MUTATIONS) >= 60
    assert {mutation.rule for mutation in MUTATIONS} == set(RULE_NAMES)
    assert {rule for mutation in MUTATIONS for rule in mutation.also} <= set(RULE_NAMES)


def test_mutations_of_one_copy_are_told_apart_by_their_rules() -> None:
    assert len({mutation.what for mutation in MUTATIONS}) == len(MUTATIONS)
    for copy in COPIES:
        rules = [mutation.rule for mutation in copy]
        assert len(rules) == len(set(rules))


@pytest.mark.parametrize("name", TABLES)
def test_the_page_shows_the_rules_and_mutations_that_there_are(name: str) -> None:
    assert written(name) == TABLES[name](), "python -m tests.expectations.quality_page"
