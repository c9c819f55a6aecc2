"""How right linking is on people whose truth is known, and that nothing but the data decides it."""

from __future__ import annotations

import random

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cartera.identity import guards, scoring
from cartera.identity.comparisons import COMPARISONS
from cartera.identity.model import load_model
from cartera.identity.training import train
from tests.identity.febrl import febrl
from tests.identity.linking import Linking
from tests.identity.other_people import make_people


@pytest.fixture(scope="module")
def people():
    return make_people(10_000, seed=3)


@pytest.fixture(scope="module")
def linking(people):
    linking = Linking(people)
    linking.link()
    return linking


def test_people_with_families_and_mistakes_of_another_kind_are_told_apart(linking):
    found = linking.measure()
    assert found.pairwise["precision"] >= 0.97
    assert found.pairwise["f1"] >= 0.88
    assert found.joinable["f1"] >= 0.96
    assert found.wrong_pairs_in_households <= 110
    assert found.wrong_pairs_among_strangers <= 10
    assert found.largest_cluster <= 8


@pytest.mark.parametrize(("number", "f1"), [(3, 0.9995), (4, 0.9995)])
def test_published_people_are_found_without_labels(number, f1):
    linking = Linking(febrl(number))
    linking.link()
    model = train(linking.connection, load_model())
    assert not model.has_families
    linking.link(model)
    assert linking.measure().pairwise["f1"] >= f1


def test_splink_and_our_own_comparison_give_every_pair_the_same_weight(linking):
    model = load_model()
    weight = " + ".join(
        f"case gamma_{c.name} "
        + " ".join(
            f"when {c.number(k)} then {model.bits(c.name, k)!r}" for k in model.levels[c.name]
        )
        + " else 0 end"
        for c in COMPARISONS
    )
    different = linking.connection.execute(
        f"""
        select count(*), max(abs(scored.bits - own.bits))
        from scored join (
            select record_a, record_b, {weight} as bits from ({guards.compare("scored")})
        ) own using (record_a, record_b)
        """
    ).fetchall()[0]
    assert different[0] > 1000
    assert different[1] < 1e-6


def test_training_moves_no_weight_far_from_its_anchor(linking):
    before = load_model()
    after = train(linking.connection, before)
    assert after.has_families
    assert after.key != before.key
    for name, levels in before.levels.items():
        for level in levels:
            assert abs(after.bits(name, level) - before.bits(name, level)) <= 8.01
    assert after.levels["email"] == before.levels["email"]


def test_the_order_of_the_records_changes_no_cluster(people):
    some = people.slice(0, 1_000)
    shuffled = some.take(pa.array(random.Random(4).sample(range(1_000), 1_000)))
    one, other = Linking(some), Linking(shuffled)
    one.link()
    other.link()
    assert one.clusters() == other.clusters()
    assert pc.unique(some["person"]) is not None
    assert scoring.splink_settings(load_model())["comparisons"]
