"""A source numbers its records anew, and nobody is renamed."""

from __future__ import annotations

from datetime import date

import pytest

from cartera.party_keys import party_key


def people(person, numbers, **more):
    return [
        person("crm", number, f"{name} García", email=f"{name}@correo.es", **more)
        for name, number in numbers.items()
    ]


def test_new_numbers_change_no_id(world, person):
    before = world.resolve(people(person, {"Ana": 1, "Luis": 2, "Eva": 3}))
    after = world.resolve(people(person, {"Ana": 101, "Luis": 102, "Eva": 103}))
    assert [after[f"crm:{n}"] for n in (101, 102, 103)] == [before[f"crm:{n}"] for n in (1, 2, 3)]
    assert [event[0] for event in world.events()[3:]] == ["move"] * 3
    assert world.resolve(people(person, {"Ana": 101, "Luis": 102, "Eva": 103})) == after


def test_numbers_that_others_had_change_no_id_either(world, person):
    before = world.resolve(people(person, {"Ana": 1, "Luis": 2, "Eva": 3}))
    after = world.resolve(people(person, {"Ana": 2, "Luis": 3, "Eva": 1, "Juan": 4}))
    assert after["crm:2"] == before["crm:1"]
    assert after["crm:3"] == before["crm:2"]
    assert after["crm:1"] == before["crm:3"]
    assert after["crm:4"] not in before.values()


def test_facts_that_name_the_old_number_stay_with_the_person(world, person):
    before = world.resolve(people(person, {"Ana": 1}))
    facts = {"source_system": "crm", "source_record_id": "1", "source": "facts"}
    for _ in range(3):
        after = world.resolve([*people(person, {"Ana": 101}), facts])
        assert after == {"crm:101": before["crm:1"], "crm:1": before["crm:1"]}


def test_an_old_number_on_somebody_elses_order_joins_nobody(world, person):
    def ana(number: int) -> dict[str, object]:
        return person(
            "crm", number, "Ana Gil Sanz", email="ana@correo.es", birth_date=date(1990, 1, 3)
        )

    born = date(1988, 4, 4)
    luis = person("shop", 2, "Luis Mar Paz", email="luis@correo.es", birth_date=born)
    world.resolve([ana(1), luis])
    order = person("crm", 1, email="luis@correo.es") | {"source": "facts"}
    ids = world.resolve([ana(101), luis, order])
    assert ids["crm:101"] != ids["shop:2"]


def test_a_change_of_address_is_no_new_person(world, person):
    before = world.resolve(people(person, {"Ana": 1}))
    assert world.resolve([person("crm", 1, "Ana García", email="new@correo.es")]) == before


@pytest.mark.parametrize("more", [{}, {"city": "Lugo"}])
def test_a_name_alone_is_not_enough_to_be_known_again(world, person, more):
    before = world.resolve([person("crm", 1, "Ana García", **more)])
    after = world.resolve([person("crm", 2, "Ana García", **more)])
    assert after["crm:2"] != before["crm:1"]


def test_a_content_that_two_customers_had_tells_neither(world, person):
    twins = [
        person("crm", n, "Ana García", email="ana@correo.es", birth_date=date(1980, 1, 2))
        for n in (1, 2)
    ]
    world.settings.stewards.mkdir()
    (world.settings.stewards / "cannot_link.csv").write_text(
        "record_a,record_b,who,when,why\ncrm:1,crm:2,rosa,2026-01-01,two\n"
    )
    before = world.resolve(twins)
    assert before["crm:1"] != before["crm:2"]
    after = world.resolve([{**twins[0], "source_record_id": "3"}])
    assert after["crm:3"] not in before.values()


@pytest.mark.parametrize(
    "records",
    [
        [],
        [{"source_system": "crm", "source_record_id": str(n), "source": "leads"} for n in range(9)],
        [
            {
                "source_system": "crm",
                "source_record_id": str(n),
                "source": "leads",
                "full_name": "Ana " + "x" * 5000,
                "email": "ana@correo.es",
            }
            for n in range(9)
        ],
    ],
    ids=["none", "nothing but keys", "all the same, with a name of 5,000 letters"],
)
def test_strange_records_have_ids_that_last(world, records):
    first = world.resolve(records)
    assert len(first) == len(records)
    assert world.resolve(records) == first


def test_facts_under_an_old_number_that_a_steward_parts_from_its_person_are_told_as_split(
    world, person
):
    """A decision about the person's new record stops their old number from following it."""
    before = world.resolve(people(person, {"Ana": 1, "Eva": 2}))
    world.settings.stewards.mkdir()
    (world.settings.stewards / "cannot_link.csv").write_text(
        "record_a,record_b,who,when,why\ncrm:101,crm:2,rosa,2026-01-01,two\n"
    )
    facts = {"source_system": "crm", "source_record_id": "1", "source": "facts"}
    after = world.resolve([*people(person, {"Ana": 101, "Eva": 2}), facts])
    assert after["crm:101"] == before["crm:1"]
    assert after["crm:1"] not in before.values()
    assert ("split", after["crm:1"], before["crm:1"], "1") in [e[:4] for e in world.events()]


def test_names_that_were_hashes_without_a_key_change_no_id(world, person):
    """Homes of before named whom facts know by an e-mail or phone so; some have no fingerprint."""

    def facts(*names):
        emails = ("ana@correo.es", "test@test.com", None)
        return [
            person("shop", name, email=email) | {"source": "facts"}
            for name, email in zip(names, emails, strict=True)
        ]

    were = [f"email:{'0' * 31}{n}" for n in (1, 2)] + [f"phone:{'0' * 32}"]
    ana = person("crm", 1, "Ana Gil", email="ana@correo.es")
    before = world.resolve([ana, *facts(*were)])
    key = world.settings.hash_key.encode()
    names = [party_key(key, name) for name in were]
    after = world.resolve([ana, *facts(*names)])
    assert [after[f"shop:{name}"] for name in names] == [before[f"shop:{name}"] for name in were]
    assert len(set(after.values())) == 3
    assert {event[-1] for event in world.events()} == {"p1"}
    kept = "select count(*) from contacts.contacts.identity_ledger where source_record_id like ?"
    told = [world.connection.execute(kept, [f"{n[:6]}%"]).fetchone() for n in (*were, *names)]
    assert told == [(0,)] * 3 + [(3,)] * 3
