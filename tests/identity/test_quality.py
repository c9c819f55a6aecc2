"""How right linking is on people whose truth is known, and that nothing but the data decides it."""

from __future__ import annotations

import random

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cartera.identity.comparisons import COMPARISONS
from cartera.identity.model import KEPT_BITS, load_model
from cartera.identity.training import train
from tests.identity import splinked
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


def test_splink_gives_every_pair_the_same_levels_and_the_same_weight(linking):
    by_splink = splinked.score(linking.connection, load_model(), "candidates", KEPT_BITS)
    same = " and ".join(
        f"own.gamma_{comparison.name} = splink.gamma_{comparison.name}"
        for comparison in COMPARISONS
    )
    pairs, ours, theirs, other_levels, farthest = linking.connection.execute(
        f"""
        select count(*), count(bits), count(match_weight), count(*) filter (not ({same})),
            max(abs(bits - match_weight))
        from scored own full join {by_splink} splink
            on splink.record_l = own.record_a and splink.record_r = own.record_b
        """
    ).fetchall()[0]
    assert pairs > 1000
    assert ours == theirs == pairs
    assert other_levels == 0
    assert farthest < 1e-6


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
