"""Customer ids outlive merges, splits and rebuilds."""

from __future__ import annotations

import duckdb

from cartera.identity.persist import _mint, customer_id

MAIL, OTHER = "ana@correo.es", "ana.garcia@trabajo.es"


def test_a_second_run_changes_no_id_and_writes_no_event(world, person):
    people = [person("crm", 1, "Ana García", email=MAIL), person("shop", 2, "Luis Pérez")]
    first = world.resolve(people)
    events = world.events()
    assert world.resolve(people) == first
    assert world.events() == events


def test_a_new_record_joins_the_customer_that_is_there(world, person):
    ana = person("crm", 1, "Ana García", email=MAIL)
    first = world.resolve([ana])
    second = world.resolve([ana, person("shop", 2, "Ana García", email=MAIL)])
    assert second["shop:2"] == first["crm:1"]
    assert [event[0] for event in world.events()] == ["mint", "join"]


def test_on_a_merge_the_oldest_id_survives_and_the_other_points_to_it(world, person):
    old = person("crm", 1, "Ana García", email=MAIL)
    new = person("shop", 2, "Ana García", email=OTHER)
    first = world.resolve([old])
    second = world.resolve([old, new])
    bridge = person("till", 3, "Ana García", email=MAIL, tax_id="1")
    third = world.resolve([old, new | {"tax_id": "1"}, bridge])
    assert set(third.values()) == {first["crm:1"]}
    assert world.table("work.identity.customer_merges") == [
        {
            "old_customer_id": second["shop:2"],
            "current_customer_id": first["crm:1"],
            "valid_from": world.table("work.identity.customer_merges")[0]["valid_from"],
        }
    ]


def test_on_a_split_the_larger_part_keeps_the_id_and_ids_are_never_reused(world, person):
    a = person("crm", 1, "Ana García", email=MAIL)
    b = person("shop", 2, "Ana García", email=MAIL)
    c = person("web", 3, "Ana García", email=MAIL)
    before = world.resolve([a, b, c])
    apart = world.resolve([a | {"email": OTHER}, b, c])
    assert apart["shop:2"] == apart["web:3"] == before["crm:1"]
    assert apart["crm:1"] != before["crm:1"]
    assert world.events()[-1][:4] == ("split", apart["crm:1"], before["crm:1"], "1")


def test_an_erased_id_is_not_given_to_the_same_record_once_it_may_come_again():
    """The ledger of an erased id knows no record, so its mint is not counted any more."""
    key = b"the tests' own"
    with duckdb.connect() as connection:
        connection.execute(
            """
            attach ':memory:' as work;
            create schema work.identity;
            create table work.identity.records as
                select 0 as record, 'crm' as source_system, '1' as source_record_id,
                    null::timestamp as created_at;
            create table work.identity.ledger as
                select 'erase' as event, 'C' as customer_id;
            create temp table parts as select 0 as record, 0 as cluster;
            create temp table survivors (cluster integer, customer_id varchar);
            create temp table mints (source_system varchar, source_record_id varchar);
            """
        )
        for number in (1, 2):
            erased = customer_id(key, "crm", "1", number)
            connection.execute("insert into work.identity.ledger values ('erase', ?)", [erased])
        _mint(connection, key)
        (minted,) = connection.execute("select customer_id from minted").fetchall()
    assert minted == (customer_id(key, "crm", "1", 3),)


def test_after_a_merge_and_a_split_every_id_still_resolves(world, person):
    a = person("crm", 1, "Ana García", email=MAIL)
    b = person("shop", 2, "Ana García", email=OTHER)
    first = world.resolve([a, b])
    world.resolve([a, b | {"email": MAIL}])
    third = world.resolve([a, b])
    assert third["crm:1"] == first["crm:1"]
    assert third["shop:2"] not in first.values()
    merges = {
        m["old_customer_id"]: m["current_customer_id"]
        for m in world.table("work.identity.customer_merges")
    }
    # Whoever holds the old id of shop:2 is led to shop:2, not to whom it was taken for.
    assert merges == {first["shop:2"]: third["shop:2"]}
    fourth = world.resolve([a, b | {"email": MAIL}])
    assert set(fourth.values()) == {first["crm:1"]}
    merges = {
        m["old_customer_id"]: m["current_customer_id"]
        for m in world.table("work.identity.customer_merges")
    }
    assert merges == {first["shop:2"]: first["crm:1"], third["shop:2"]: first["crm:1"]}


def test_a_rebuild_from_the_ledger_gives_the_same_ids(world, person):
    a = person("crm", 1, "Ana García", email=MAIL)
    b = person("shop", 2, "Ana García", email=MAIL)
    world.resolve([b])
    ids = world.resolve([a, b])
    again = world.resolve([b, a])
    assert again == ids


def test_a_build_killed_after_clustering_leaves_ids_and_ledger_as_if_it_had_not_been(world, person):
    a = person("crm", 1, "Ana García", email=MAIL)
    b = person("shop", 2, "Ana García", email=OTHER)
    c = person("web", 3, "Luis Pérez", email="luis@correo.es")
    first = world.resolve([a, b])
    killed = world.resolve([a, b | {"email": MAIL}, c], publishes=False)
    told = [event[:4] for event in world.events()]
    again = world.resolve([a, b | {"email": MAIL}, c])
    assert again == killed
    assert again["shop:2"] == again["crm:1"] == first["crm:1"]
    assert [event[:4] for event in world.events()] == told


def test_an_id_says_nothing_and_depends_on_the_companys_key(world, person):
    ids = world.resolve([person("crm", 1, "Ana García")])
    other = type(world)(world.settings.model_copy(update={"hash_key": "another"}))
    (world.settings.state / "identity_ledger.parquet").unlink()
    assert other.resolve([person("crm", 1, "Ana García")]) != ids
    assert len(ids["crm:1"]) == 14


def test_the_golden_record_says_where_each_value_is_from(world, person):
    world.resolve(
        [
            person("crm", 1, "Ana de la Cruz Ruiz", tax_id="9", email=MAIL, city="Lugo"),
            person("shop", 2, "Ana Cruz", tax_id="9", email=OTHER, source="shop_accounts"),
        ]
    )
    golden = world.table("contacts.contacts.golden_records")[0]
    assert golden["surname_1"] == "de la Cruz"
    assert golden["surname_2"] == "Ruiz"
    assert golden["email"] == OTHER
    assert golden["email_source"] == "shop:2"
    assert golden["city_source"] == "crm:1"
