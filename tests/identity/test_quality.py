"""How right linking is on people whose truth is known, and that nothing but the data decides it."""

from __future__ import annotations

import random

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cartera.identity import guards, scoring
from cartera.identity.comparisons import COMPARISONS
from cartera.identity.kept_pairs import kept_pairs
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


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_records_added_changed_and_removed_give_the_clusters_of_a_run_from_nothing(tmp_path, seed):
    """A split of the records, at random, into what was there before and what comes now."""
    dice = random.Random(seed)
    everyone = make_people(1_200, seed=seed)
    before = everyone.filter(pa.array([dice.random() < 0.8 for _ in range(everyone.num_rows)]))
    # Some that were there had another phone, some are gone now.
    phones = [
        f"6{dice.randrange(10**8):08d}" if dice.random() < 0.05 else phone
        for phone in before["phone"].to_pylist()
    ]
    before = before.set_column(before.column_names.index("phone"), "phone", pa.array(phones))
    now = everyone.filter(pa.array([dice.random() < 0.95 for _ in range(everyone.num_rows)]))
    from_nothing = Linking(now)
    whole = from_nothing.link()
    step_by_step = Linking(before)
    step_by_step.link(state=tmp_path)
    step_by_step.load(now)
    added = step_by_step.link(state=tmp_path)
    assert step_by_step.clusters() == from_nothing.clusters()
    assert 0 < added.compared < whole.compared
    columns = "record_a, record_b, weight, decision, veto, evidence"
    pairs = f"select {columns} from work.identity.pairs order by all"
    assert step_by_step.rows(pairs) == from_nothing.rows(pairs)


def test_a_second_run_compares_nothing_again(tmp_path, people):
    linking = Linking(people.slice(0, 500))
    linking.link(state=tmp_path)
    first = linking.clusters()
    assert linking.link(state=tmp_path).compared == 0
    assert linking.clusters() == first


def test_kept_scores_hold_no_contact_data(tmp_path, people):
    linking = Linking(people.slice(0, 500))
    linking.link(state=tmp_path)
    (file,) = kept_pairs(tmp_path, load_model()).parts()
    kinds = linking.connection.execute(f"describe from read_parquet('{file}')").fetchall()
    assert {kind[1] for kind in kinds} == {"UBIGINT", "DOUBLE", "TINYINT"}


def test_the_order_of_the_records_changes_no_cluster(people):
    some = people.slice(0, 1_000)
    shuffled = some.take(pa.array(random.Random(4).sample(range(1_000), 1_000)))
    one, other = Linking(some), Linking(shuffled)
    one.link()
    other.link()
    assert one.clusters() == other.clusters()
    assert pc.unique(some["person"]) is not None
    assert scoring.splink_settings(load_model())["comparisons"]
