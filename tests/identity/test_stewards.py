"""What stewards decide is followed, can be explained and taken back, and mistakes are named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cartera.errors import ContractError, RefusedByData, UsageError
from cartera.identity.deciding import actions, decide_link, decide_unlink, undo
from cartera.identity.explain import explain, strength
from cartera.identity.history import history
from cartera.identity.stewards import load_decisions

MAIL = "ana@correo.es"
HEADER = "record_a,record_b,who,when,why\n"


@pytest.fixture
def family(person):
    """Ana in three systems, joined by one e-mail; Luis on it too; and one whom nothing joins."""
    return [
        person("crm", 1, "Ana García", email=MAIL),
        person("shop", 2, "Ana García", email=MAIL),
        person("web", 3, "Ana García", email=MAIL),
        person("crm", 4, "Luis Pérez", email=MAIL),
        person("crm", 5, phone="600112233"),
    ]


def write(world, kind: str, *lines: str, suffix: str = "csv") -> Path:
    path = world.settings.stewards / f"{kind}.{suffix}"
    path.parent.mkdir(exist_ok=True)
    path.write_text((HEADER if suffix == "csv" else "") + "\n".join(lines) + "\n")
    return path


def line(a: str, b: str, why: str = "she said so") -> str:
    return f"{a},{b},rosa,2026-01-01,{why}"


def test_a_must_link_joins_what_no_rule_joins(world, person, family):
    write(world, "must_link", line("crm:1", "crm:5"))
    ids = world.resolve(family)
    assert ids["crm:1"] == ids["crm:5"] != ids["crm:4"]


def test_a_must_link_of_two_names_takes_nobody_out_of_their_customer(world, person, family):
    """She married: the records of her old name stay hers, though they contradict the new one."""
    married = person("crm", 6, "Ana Ruiz", phone="600112244")
    write(world, "must_link", line("crm:1", "crm:6"))
    ids = world.resolve([*family, married])
    assert ids["crm:1"] == ids["shop:2"] == ids["web:3"] == ids["crm:6"]


def test_a_must_link_of_an_unclear_record_joins_nobody_else(world, person):
    """Father and son share a phone; whose the third record is, says nothing of these two."""
    father = person("crm", 1, "Juan Gil Sanz", phone="600111222", birth_date=date(1960, 1, 3))
    son = person("crm", 2, "Juan Gil Sanz", phone="600111222", birth_date=date(1995, 7, 9))
    write(world, "must_link", line("crm:1", "shop:3"))
    ids = world.resolve([father, son, person("shop", 3, "Juan Gil", phone="600111222")])
    assert ids["crm:1"] == ids["shop:3"] != ids["crm:2"]


def test_a_must_link_across_two_valid_tax_ids_takes_only_the_record_it_names(world, person):
    ana = person("crm", 1, "Ana Gil Sanz", email="ana@correo.es", tax_id="87654321X")
    luis = person("crm", 2, "Luis Mar Paz", email="luis@correo.es", tax_id="12345678Z")
    write(world, "must_link", line("crm:1", "shop:3"))
    ids = world.resolve([ana, luis, person("shop", 3, "Luis Mar Paz", email="luis@correo.es")])
    assert ids["crm:1"] == ids["shop:3"] != ids["crm:2"]


@pytest.mark.parametrize("kind", ["must_link", "cannot_link"])
def test_a_decision_follows_records_that_their_source_numbers_anew(world, person, kind):
    def people(number: int, other: int) -> list[dict[str, object]]:
        mail = {} if kind == "must_link" else {"email": "gil@correo.es"}
        ana = person("crm", number, "Ana Gil Sanz", phone="600111222", **mail)
        return [ana, person("shop", other, "Ana Gil Sanz", **{"phone": "600333444", **mail})]

    zoe = person("crm", 1, "Zoe Kant Mar", email="zoe@correo.es", phone="600555666")
    world.resolve(people(1, 7))
    write(world, kind, line("crm:1", "shop:7"))
    together = kind == "must_link"
    for crm, shop, others in ((1, 7, []), (101, 7, [zoe]), (101, 107, [zoe]), (201, 107, [zoe])):
        ids = world.resolve([*people(crm, shop), *others])
        assert (ids[f"crm:{crm}"] == ids[f"shop:{shop}"]) is together
        assert not others or ids["crm:1"] not in (ids[f"crm:{crm}"], ids[f"shop:{shop}"])


def test_two_of_one_content_that_come_back_as_one_wait_to_be_two_again(world, person):
    def twins(*numbers: int) -> list[dict[str, object]]:
        return [person("shop", n, "Ana Gil Sanz", email="gil@correo.es") for n in numbers]

    world.resolve(twins(1, 2))
    write(world, "cannot_link", line("shop:1", "shop:2"))
    assert len(set(world.resolve(twins(1, 2)).values())) == 2
    assert len(world.resolve(twins(9))) == 1


def test_a_cannot_link_parts_what_a_rule_joins_and_no_chain_gets_around_it(world, family):
    write(world, "cannot_link", line("crm:1", "shop:2"))
    ids = world.resolve(family)
    assert ids["crm:1"] != ids["shop:2"]


def test_yaml_files_are_read_too(world, family):
    write(
        world,
        "must_link",
        "- {record_a: 'crm:1', record_b: 'crm:5', who: rosa, when: 2026-01-01, why: one person}",
        suffix="yml",
    )
    ids = world.resolve(family)
    assert ids["crm:1"] == ids["crm:5"]


def test_a_customers_id_stands_for_its_founding_record_also_when_it_is_no_more(world, family):
    before = world.resolve(family)
    write(world, "must_link", line(before["crm:1"], before["crm:5"]))
    after = world.resolve(family)
    assert after["crm:1"] == after["crm:5"]
    again = world.resolve(family)
    assert again == after


def test_unlink_undo_and_undo_of_the_undo(world, family):
    before = world.resolve(family)

    def customers() -> int:
        return len(set(world.resolve(family).values()))

    db = world.connection
    done = decide_unlink(world.settings, db, "shop:2", None, "another Ana")
    assert [d.pair for d in done.added] == [("crm:1", "shop:2"), ("shop:2", "web:3")]
    apart = world.resolve(family)
    assert apart["shop:2"] not in (apart["crm:1"], apart["web:3"])
    assert apart["crm:1"] == apart["web:3"] == before["crm:1"]
    undo(world.settings, world.connection, None, "the same Ana after all")
    assert world.resolve(family) == before
    undo(world.settings, world.connection, None, "no, another")
    assert customers() == 4
    with pytest.raises(UsageError, match="undone already, by action 3"):
        undo(world.settings, world.connection, 2, "once more")
    assert [a.action for a in actions(world.settings)] == ["unlink", "undo", "undo"]
    told = [(e[0], e[3]) for e in world.events() if e[0] in ("link", "unlink")]
    assert [event for event, _ in told] == ["unlink", "unlink", "link", "link", "unlink", "unlink"]


def test_every_id_that_a_steward_made_and_unmade_still_leads_to_its_person(world, family):
    first = world.resolve(family)
    decide_link(world.settings, world.connection, "crm:1", "crm:5", "one person")
    joined = world.resolve(family)
    assert joined["crm:5"] == first["crm:1"]
    undo(world.settings, world.connection, None, "they are not")
    apart = world.resolve(family)
    merges = {
        m["old_customer_id"]: m["current_customer_id"]
        for m in world.table("work.identity.customer_merges")
    }
    assert apart["crm:1"] == first["crm:1"]
    assert merges[first["crm:5"]] == apart["crm:5"] != first["crm:5"]


def test_a_contradiction_is_refused_with_the_chain_between(world, family):
    must = write(world, "must_link", line("crm:1", "crm:4"), line("crm:4", "crm:5"))
    cannot = write(world, "cannot_link", line("crm:5", "crm:1"))
    with pytest.raises(RefusedByData) as raised:
        world.resolve(family)
    assert raised.value.message == (
        f"{cannot}:2: crm:5 and crm:1 must stay apart, and must be one by "
        f"crm:4 = crm:5 ({must}:3); crm:1 = crm:4 ({must}:2)."
    )


def test_a_contradiction_is_refused_before_it_is_written(world, family):
    world.resolve(family)
    decide_link(world.settings, world.connection, "crm:1", "crm:4", "one")
    decide_link(world.settings, world.connection, "crm:4", "crm:5", "one")
    before = load_decisions(world.settings)
    with pytest.raises(RefusedByData, match="crm:1 = crm:4"):
        decide_unlink(world.settings, world.connection, "crm:5", "crm:1", "two")
    assert load_decisions(world.settings) == before
    assert len(actions(world.settings)) == 2


def test_a_decision_of_the_command_line_that_stands_in_the_way_is_undone_by_its_number(
    world, family
):
    world.resolve(family)
    settings, db = world.settings, world.connection
    decide_link(settings, db, "crm:5", "crm:4", "one")
    decide_link(settings, db, "crm:1", "crm:4", "one")
    with pytest.raises(RefusedByData) as raised:
        decide_unlink(settings, db, "crm:4", "crm:1", "two after all")
    assert raised.value.fix == (
        "`cartera identity undo 2` takes back that crm:1 and crm:4 must be one; then decide again."
    )
    undo(settings, db, 2, "two after all")
    decide_unlink(settings, db, "crm:4", "crm:1", "two after all")
    with pytest.raises(RefusedByData, match=r"by crm:1 = crm:4 \(this decision\)") as raised:
        undo(settings, db, 3, "one after all")
    assert "`cartera identity undo 4` takes back" in raised.value.fix
    # A line that was written by hand is taken out by hand.
    (settings.state / "stewards.jsonl").unlink()
    with pytest.raises(RefusedByData) as raised:
        decide_link(settings, db, "crm:1", "crm:4", "one after all")
    assert raised.value.fix == "Take one of these lines out of its file."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{HEADER}{line('crm:1', 'crm:99')}\n", ":2: no record 'crm:99' has ever been seen"),
        (f"{HEADER}\n{line('crm:1', 'CAAAAAAAAAAAAA')}\n", ":3: no record 'CAAAAAAAAAAAAA'"),
        (f"{HEADER}crm:1,crm:4,,2026,x\n", ":2: who: missing"),
        (f"{HEADER}crm,crm:4,r,2026,x\n", ":2: record_a: 'crm' names no record"),
        (f"{HEADER}crm:4,crm:4,r,2026,x\n", ":2: both records are crm:4"),
        (f"{HEADER}crm:1,crm:4,r,2026\n", ":2: not 5 values"),
        ("record_a,record_b\ncrm:1,crm:4\n", ":1: no column 'who'"),
        (f'{HEADER}"crm:1,crm:4,r,2026,x\n', ":2: "),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_line(world, family, text, told):
    path = world.settings.stewards / "cannot_link.csv"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(ContractError) as raised:
        world.resolve(family)
    assert raised.value.message.startswith(f"{path}{told}")


def test_a_decision_about_a_record_that_is_gone_waits_for_it(world, family):
    world.resolve(family)
    write(world, "must_link", line("crm:1", "crm:5"))
    world.resolve(family)
    world.resolve(family[:4])
    ids = world.resolve(family)
    assert ids["crm:1"] == ids["crm:5"]


def test_names_that_mean_nothing_are_refused(world, family):
    ids = world.resolve(family)
    db, settings = world.connection, world.settings
    with pytest.raises(UsageError, match="No record and no customer 'crm:99'"):
        explain(db, "crm:99")
    with pytest.raises(UsageError, match="No customer 'CAAAAAAAAAAAAA'"):
        history(db, "CAAAAAAAAAAAAA")
    with pytest.raises(UsageError, match="the same record"):
        decide_link(settings, db, "crm:1", ids["crm:1"], "x")
    with pytest.raises(UsageError, match="alone already"):
        decide_unlink(settings, db, "crm:5", None, "x")
    with pytest.raises(UsageError, match="say which record"):
        decide_unlink(settings, db, ids["crm:1"], None, "x")
    with pytest.raises(UsageError, match="decided anything yet"):
        undo(settings, db, None, "x")


def test_explain_says_why_records_are_one_customer(world, family):
    write(world, "must_link", line("crm:5", "shop:2", "her maiden name"))
    ids = world.resolve(family)
    told = explain(world.connection, "web:3", "crm:5")
    assert told["verdict"] == "together"
    names = [record for step in told["steps"] for record in step["records"]]
    assert names.count("web:3") == names.count("crm:5") == 1
    assert len(told["steps"]) >= 2
    assert told["steps"][-1]["why"] == "a steward said so"
    assert told["decisions"][0]["why"] == "her maiden name"
    one = explain(world.connection, ids["crm:1"])
    assert one["records"] == ["crm:1", "crm:5", "shop:2", "web:3"]
    linked = {record for step in one["steps"] for record in step["records"]}
    assert linked == set(one["records"])


def test_explain_says_why_records_are_apart(world, family):
    write(world, "cannot_link", line("crm:1", "shop:2", "mother and daughter"))
    world.resolve(family)
    told = explain(world.connection, "crm:1", "shop:2")
    assert told["verdict"] == "apart"
    assert told["summary"].endswith("a steward keeps them apart: mother and daughter.")
    assert told["steps"][0]["decision"] == "vetoed"
    spouses = explain(world.connection, "crm:1", "crm:4")
    assert spouses["summary"].endswith(
        "their names differ, and that keeps them apart whatever else agrees."
    )
    says = [line["says"] for line in spouses["steps"][0]["evidence"]]
    assert "e-mail equal: very strong evidence for" in says
    assert "given names differ: strong evidence against" in says
    strangers = explain(world.connection, "crm:1", "crm:5")
    assert "nothing that they share led to comparing them" in strangers["summary"]
    world.resolve(family[:4])
    assert explain(world.connection, "crm:1", "crm:5")["verdict"] == "gone"


def test_weights_are_told_in_words():
    assert strength(9.3) == "very strong evidence for"
    assert strength(-4.5) == "strong evidence against"
    assert strength(1.0) == "weak evidence for"
    assert strength(0.1) == "says nothing"


def test_history_tells_an_ids_life_in_sentences(world, person, family):
    ids = world.resolve(family)
    decide_link(world.settings, world.connection, "crm:1", "crm:5", "one person")
    world.resolve([*family, person("till", 6, "Ana García", email=MAIL)])
    told = history(world.connection, ids["crm:5"])
    assert told["now"] == f"{ids['crm:5']} is now {ids['crm:1']}, of 5 source records."
    says = [event["says"] for event in told["events"]]
    assert says[0] == f"{ids['crm:1']} began with crm:1"
    assert any(text.startswith(f"{ids['crm:5']} became {ids['crm:1']}") for text in says)
    assert any(text.startswith(f"till:6 joined {ids['crm:1']}: they have the same e-mail")
               for text in says)  # fmt: skip
    assert any("steward: crm:1 and crm:5 must be one" in text for text in says)
    record = history(world.connection, "till:6")
    assert record["now"] == f"till:6 is a record of customer {ids['crm:1']}."
    assert len(record["events"]) == 1


def test_what_a_steward_has_kept_apart_is_not_asked_again(world, family):
    world.resolve(family)
    asked = world.table("contacts.contacts.identity_review")
    assert any("names differ" in row["reason"] for row in asked)
    decide_unlink(world.settings, world.connection, "crm:1", "crm:4", "spouses")
    world.resolve(family)
    assert world.table("contacts.contacts.identity_review") == []
