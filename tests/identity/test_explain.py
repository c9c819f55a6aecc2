"""Why people are one or apart is told as it is, and what a steward reads leads on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cartera.identity import edges, joining
from cartera.identity.explain import VETOES, explain
from cartera.identity.history import history
from cartera.settings import Settings
from tests.identity.conftest import World

MAIL = "ana@correo.es"
# Four records of one person, each joined to the next alone; and pairs that are not one.
PEOPLE = {
    "crm:8": ("Eva Mar Luna", {"email": "e1@correo.es", "phone": "600000111"}),
    "shop:9": ("Eva Mar Luna", {"email": "e2@correo.es", "phone": "600000111"}),
    "web:10": ("Eva Mar", {"email": "e2@correo.es", "loyalty_number": "L9"}),
    "app:11": ("Eva Mar", {"loyalty_number": "L9", "city": "Vigo"}),
    "crm:1": ("Luis Gil Sanz", {"city": "Madrid", "postal_code": "28001"}),
    "crm:2": ("Luis Gil Sanz", {"city": "Madrid", "postal_code": "28001"}),
    "crm:3": ("Rosa Pons", {"email": "rosa@correo.es"}),
    "crm:4": ("Rosa Pons", {"phone": "600000222"}),
    "news:5": (None, {"email": "rosa@correo.es", "phone": "600000222"}),
    "crm:6": ("Ana Gil Sanz", {"email": "gil@correo.es"}),
    "crm:7": ("Juan Mora Sanz", {"email": "gil@correo.es"}),
    "news:12": (None, {"email": "gil@correo.es"}),
    "crm:13": ("Ana Crespo", {"email": MAIL, "birth_date": date(1970, 5, 6)}),
    "crm:14": ("Ana Crespo", {"email": MAIL, "birth_date": date(1991, 2, 3)}),
    "crm:15": ("Iván Roca", {"phone": "600000333", "birth_date": date(1970, 5, 6)}),
    "crm:16": ("Iván Roca", {"phone": "600000333", "birth_date": date(1991, 2, 3)}),
}


def records(people: dict[str, tuple[str | None, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [
        {"source_system": key.split(":")[0], "source_record_id": key.split(":")[1]}
        | {"source": "crm_contacts"}
        | ({"full_name": name} if name else {})
        | more
        for key, (name, more) in people.items()
    ]


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> World:
    """``PEOPLE``, resolved once for the tests that only read."""
    home = tmp_path_factory.mktemp("town")
    world = World(Settings(home=home, hash_key="a key of the tests"))
    world.settings.state.mkdir()
    world.ids = world.resolve(records(PEOPLE))
    return world


@pytest.mark.parametrize(
    ("a", "b", "why"),
    [
        ("crm:1", "crm:2", "names and towns agrees, and these alone make nobody one."),
        ("crm:3", "news:5", "only the one person that it is clearly nearest to."),
        ("crm:6", "news:12", "about as near, to somebody who contradicts the other."),
        ("crm:13", "crm:14", "birth dates differ, and that keeps them apart whatever else agrees."),
    ],
)
def test_two_who_are_apart_are_told_the_reason_that_parted_them(town, a, b, why):
    told = explain(town.connection, a, b)
    assert told["verdict"] == "apart"
    assert told["summary"].endswith(why)


def test_every_reason_has_words_of_its_own():
    names = ("STEWARD", "CHAIN", "BETWEEN", "NAMELESS", "OTHERS", "SIZE")
    assert set(VETOES) == {getattr(joining, name) for name in names}
    assert len(set(VETOES.values())) == len(names)


def test_the_steps_of_a_customer_lead_from_each_record_to_all_others(town):
    steps = explain(town.connection, "app:11")["steps"]
    assert {frozenset(step["records"]) for step in steps} == {
        frozenset(("crm:8", "shop:9")),
        frozenset(("shop:9", "web:10")),
        frozenset(("web:10", "app:11")),
    }
    assert [step["weight"] for step in steps] == sorted((s["weight"] for s in steps), reverse=True)


def test_a_customer_is_no_record(town):
    customer = town.ids["crm:8"]
    founder = explain(town.connection, customer)["records"][0]
    assert explain(town.connection, customer, customer)["summary"] == (
        f"{customer} and {customer} are one customer, {customer}."
    )
    told = [explain(town.connection, customer, record)["summary"] for record in PEOPLE]
    assert f"{founder} is a record of customer {customer}." in told


def test_review_says_what_keeps_apart_who_shares_an_email_or_a_phone(town):
    rows = town.table("contacts.contacts.identity_review")
    told = {row["value"]: row["reason"] for row in rows if row["kind"] != "pair"}
    assert told[MAIL] == told["+34600000333"] == "birth dates differ"
    assert told["gil@correo.es"] == "names differ"
    assert "kept apart: a name is not whole" in [r["reason"] for r in rows if r["kind"] == "pair"]


def test_links_that_are_refused_or_cut_for_size_are_told(world, monkeypatch):
    chain = {
        f"crm:{n}": ("Ana Gil", {"email": f"a{n // 2}@x.es", "phone": f"6001{(n + 1) // 2:05d}"})
        for n in range(64)
    }
    for component, why, alarm in [
        (250, "more than 60 records, too many for one person", "1 links were refused: they"),
        (20, "and the weaker ones were cut", "links were cut, the weakest first: through them"),
    ]:
        monkeypatch.setattr(edges, "LARGEST_COMPONENT", component)
        ids = world.resolve(records(chain))
        parted = next(n for n in range(63) if ids[f"crm:{n}"] != ids[f"crm:{n + 1}"])
        told = explain(world.connection, f"crm:{parted}", f"crm:{parted + 1}")
        assert why in told["summary"]
        apart = sum(ids[f"crm:{n}"] != ids[f"crm:{n + 1}"] for n in range(63))
        assert [a.startswith(f"{apart} links") and alarm in a for a in world.resolved.alarms] == [
            True
        ]


def test_a_decision_about_customers_is_shown_with_their_records(world):
    people = records({key: PEOPLE[key] for key in ("crm:1", "crm:2", "crm:3")})
    ids = world.resolve(people)
    world.settings.stewards.mkdir()
    for kind, a, b in [("cannot_link", "crm:1", "crm:2"), ("must_link", "crm:1", "crm:3")]:
        (world.settings.stewards / f"{kind}.csv").write_text(
            f"record_a,record_b,who,when,why\n{ids[a]},{ids[b]},rosa,2026-01-01,she said so\n"
        )
    after = world.resolve(people)
    apart = explain(world.connection, "crm:1", "crm:2")
    assert apart["summary"].endswith("a steward keeps them apart: she said so.")
    assert [d["kind"] for d in apart["decisions"]] == ["cannot_link"]
    together = explain(world.connection, "crm:1", "crm:3")
    assert [d["kind"] for d in together["decisions"]] == ["cannot_link", "must_link"]

    # The record's own history has the merge that took it along, once.
    (gone,) = {ids["crm:1"], ids["crm:3"]} - {after["crm:1"]}
    moved = next(record for record in ("crm:1", "crm:3") if ids[record] == gone)
    says = [event["says"] for event in history(world.connection, moved)["events"]]
    assert says[0] == f"{gone} began with {moved}"
    assert [text.startswith(f"{gone} became {after['crm:1']}") for text in says[1:]] == [True]
    stayed = next(record for record in ("crm:1", "crm:3") if record != moved)
    assert len(history(world.connection, stayed)["events"]) == 1
