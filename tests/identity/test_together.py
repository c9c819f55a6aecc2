"""Who belongs together without being one person."""

from __future__ import annotations

SIDES = ("customer_id_a", "customer_id_b")
HOME = {"address": "C/ Mayor, 3", "postal_code": "27001"}


def ties(world, people) -> set[tuple[frozenset[str], str, str]]:
    ids = world.resolve(people)
    names = {customer: record for record, customer in sorted(ids.items(), reverse=True)}
    return {
        (
            frozenset((names[t["customer_id_a"]], names[t["customer_id_b"]])),
            t["kind"],
            t["evidence"],
        )
        for t in world.table("work.identity.customer_links")
    }


def test_an_address_of_few_is_a_household(world, person):
    found = ties(
        world,
        [
            person("crm", 1, "Ana García", **HOME),
            person("crm", 2, "Luis Pérez", address="c/ mayor 3", postal_code="27001"),
            person("crm", 3, "Eva Ruiz", address="C/ Mayor, 3", postal_code="28001"),
        ],
    )
    assert found == {(frozenset(("crm:1", "crm:2")), "household", "address")}


def test_a_house_of_many_is_a_household_for_relatives_only(world, person):
    names = ["Ana Gil", "Luis Gil", "Eva Sanz", "Juan Mora", "Sara Vega", "Iván Rey", "Olga Paz"]
    people = [person("crm", n, name, **HOME) for n, name in enumerate(names)]
    assert ties(world, people) == {(frozenset(("crm:0", "crm:1")), "household", "address")}
    crowd = [person("crm", 100 + n, f"Ana Gil {chr(97 + n)}x", **HOME) for n in range(30)]
    assert ties(world, crowd) == set()


def test_what_two_share_is_told_unless_a_clerk_holds_it(world, person):
    mail, phone = {"email": "casa@correo.es"}, {"phone": "600112233"}
    found = ties(
        world,
        [
            person("crm", 1, "Ana García", **mail),
            person("crm", 2, "Luis Pérez", **mail, **phone),
            person("crm", 3, "Eva Pérez", **phone),
        ],
    )
    assert found == {
        (frozenset(("crm:1", "crm:2")), "shared_mailbox", "email"),
        (frozenset(("crm:2", "crm:3")), "household", "phone"),
    }
    names = ["Ana", "Luis", "Eva", "Juan", "Sara", "Iván", "Olga", "Hugo"]
    assert ties(world, [person("crm", n, f"{x} Gil", **mail) for n, x in enumerate(names)]) == set()
