"""Which records become one person, and which must not."""

from __future__ import annotations

import random

import networkx

MAIL = "ana@correo.es"


def test_the_same_email_with_an_agreeing_name_is_one_person(world, person):
    ids = world.resolve(
        [
            person("crm", 1, "Ana García López", email=MAIL),
            person("shop", 2, given_name="ANA", surname="Garcia", email=" Ana@Correo.es "),
        ]
    )
    assert ids["crm:1"] == ids["shop:2"]


def test_cousins_of_one_first_name_and_surname_on_one_mailbox_stay_apart(world, person):
    ids = world.resolve(
        [
            person("crm", 1, "Ana Crespo López", email=MAIL),
            person("shop", 2, "Ana Crespo Calvo", email=MAIL),
            person("loyalty", 3, "Ana Crespo Lopez", email=MAIL),
            person("web", 4, "Ana Crespo", email=MAIL),
        ]
    )
    assert ids["crm:1"] == ids["loyalty:3"]
    assert len(set(ids.values())) == 3


def test_spouses_on_one_mailbox_stay_apart(world, person):
    ids = world.resolve(
        [
            person("crm", 1, "Ana García", email=MAIL),
            person("shop", 2, "Luis Pérez", email=MAIL),
        ]
    )
    assert ids["crm:1"] != ids["shop:2"]
    assert world.table("contacts.contacts.identity_review")[0]["reason"] == "names differ"


def test_the_same_phone_in_two_spellings_with_an_agreeing_name_is_one_person(world, person):
    ids = world.resolve(
        [
            person("crm", 1, "Ana García", phone="+34 600 11 22 33", country="ES"),
            person("shop", 2, "Ana García", phone="600112233"),
        ]
    )
    assert ids["crm:1"] == ids["shop:2"]


def test_the_same_tax_id_is_one_person_whatever_the_name_looks_like(world, person):
    ids = world.resolve(
        [
            person("crm", 1, "Ana García", tax_id="12345678-Z"),
            person("erp", 2, "A. Garcia", tax_id="12345678z"),
        ]
    )
    assert ids["crm:1"] == ids["erp:2"]


NAMES = ("Ana García", "Luis Pérez", "Eva Ruiz", "Juan Sanz")


def test_a_made_up_tax_id_or_card_links_nobody(world, person):
    numbers = ("000000000", "11111111H", "N/A", "pendiente")
    for key in ("tax_id", "loyalty_number"):
        named, nameless = (
            [
                person(system, i, name, **{key: number})
                for i, (number, name) in enumerate(zip(numbers, names, strict=True))
            ]
            for system, names in (("crm", NAMES), ("erp", [None] * len(NAMES)))
        )
        assert len(set(world.resolve([*named, *nameless]).values())) == 2 * len(numbers)


def test_a_tax_id_under_many_names_links_nobody(world, person):
    ids = world.resolve([person("crm", i, name, tax_id="X") for i, name in enumerate(NAMES)])
    assert len(set(ids.values())) == 4


def test_placeholders_link_nobody(world, person):
    emails = ("test@test.com", "no-es-un-correo", "a@a.com")
    ids = world.resolve(
        [
            person(system, i, NAMES[i], email=email)
            for i, email in enumerate(emails)
            for system in ("crm", "shop")
        ]
    )
    assert len(set(ids.values())) == 2 * len(emails)


def test_a_phone_of_zeros_links_nobody(world, person):
    ids = world.resolve(
        [
            person("crm", 1, "Ana García", phone="000000000"),
            person("shop", 2, "Ana García", phone="000000000"),
        ]
    )
    assert ids["crm:1"] != ids["shop:2"]


def test_an_email_under_eight_given_names_is_a_clerks_and_links_nobody(world, person):
    names = ["Ana", "Luis", "Eva", "Juan", "Sara", "Iván", "Olga", "Hugo"]
    people = [person("crm", i, f"{name} García", email=MAIL) for i, name in enumerate(names)]
    ids = world.resolve([*people, person("shop", 1, "Ana García", email=MAIL)])
    assert ids["crm:0"] != ids["shop:1"]


def test_a_record_without_a_name_follows_the_one_person_with_its_email(world, person):
    ids = world.resolve(
        [person("crm", 1, "Ana García", email=MAIL), person("mailing", 2, email=MAIL)]
    )
    assert ids["crm:1"] == ids["mailing:2"]


def test_a_record_without_a_name_never_joins_two_people(world, person):
    ids = world.resolve(
        [
            person("crm", 1, "Ana García", email=MAIL),
            person("crm", 2, "Luis Pérez", email=MAIL, phone="600112233"),
            person("crm", 3, "Eva Ruiz", phone="600112244"),
            person("mailing", 4, email=MAIL, phone="600112244"),
        ]
    )
    assert len({ids["crm:1"], ids["crm:2"], ids["crm:3"]}) == 3


def test_a_given_name_alone_follows_the_person_it_agrees_with(world, person):
    ids = world.resolve(
        [
            person("crm", 1, "Ana García", email=MAIL),
            person("crm", 2, "Luis Pérez", email=MAIL),
            person("mailing", 3, given_name="Luis", email=MAIL),
        ]
    )
    assert ids["mailing:3"] == ids["crm:2"]


def test_clusters_are_the_connected_components_of_the_links(world, person):
    rng = random.Random(5)
    people = [
        person(
            "crm",
            i,
            rng.choice(["Ana García", "Ana Garcia Ruiz", "Luis Pérez"]),
            email=f"m{rng.randrange(60)}@x.es",
            phone=f"6001122{rng.randrange(10, 60)}",
        )
        for i in range(200)
    ]
    ids = world.resolve(people)
    graph = networkx.Graph()
    graph.add_nodes_from(ids)
    for pair in world.table("contacts.contacts.identity_pairs"):
        if pair["decision"] != "linked":
            continue
        graph.add_edge(f"crm:{pair['source_record_id_a']}", f"crm:{pair['source_record_id_b']}")
    groups = {frozenset(part) for part in networkx.connected_components(graph)}
    customers: dict[str, set[str]] = {}
    for record, customer in ids.items():
        customers.setdefault(customer, set()).add(record)
    assert {frozenset(part) for part in customers.values()} == groups
    assert len(groups) < 200


def test_the_order_of_the_records_changes_nothing(world, person, tmp_path):
    people = [
        person("crm", i, "Ana García", email=f"m{i % 7}@x.es", phone=f"6001122{10 + i % 5}")
        for i in range(40)
    ]
    first = world.resolve(people)
    (tmp_path / "state" / "identity_ledger.parquet").unlink()
    random.Random(1).shuffle(people)
    assert world.resolve(people) == first
