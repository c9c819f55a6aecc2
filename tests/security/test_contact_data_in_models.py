"""No model can take contact data into the warehouse, however it is disguised."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from cartera import dbt_parsed
from cartera.arrows import building, classes
from cartera.arrows.classes import follow, warehouse_classes
from cartera.dbt_compiled import compiled
from cartera.errors import CarteraError
from ingestion.source import PiiClass

MODEL = "fct_interactions"
STAGED = "stg_interactions"
# What stands where the model has ``interactions.topic``: the same column, and no topic.
LEAKS = {
    "renamed": "interactions.party_email as topic",
    "computed with": "lower(trim(interactions.party_phone)) as topic",
    "hashed without a key": "md5(interactions.party_email) as topic",
    "cast": "cast(interactions.party_email as blob) as topic",
    "one of several": "coalesce(interactions.topic, interactions.party_email) as topic",
    "in a branch": "case when true then interactions.party_email end as topic",
    "the longest": "max(interactions.party_email) over (partition by interactions.kind) as topic",
    "in a list": "array_agg(interactions.party_email) over () as topic",
    "in a struct": "{'a': [interactions.party_email]} as topic",
    "as a row": "to_json(interactions) as topic",
    "in a subquery": '(select max(party_email) from "work"."staging"."stg_interactions") as topic',
    "in a lambda": "list_transform([interactions.party_email], x -> x || '!') as topic",
    "from contacts": "(select min(tax_id) from contacts.contacts.golden_records) as topic",
    "all of landing": '(select max(l.party_phone) from "work"."landing"."orders" as l) as topic',
}
# Questions about contact data, which core may answer.
QUESTIONS = {
    "whether it is there": "interactions.party_email is not null as topic",
    "how many": "count(interactions.party_email) over () as topic",
    "which it is not": "interactions.party_email = interactions.party_phone as topic",
    "what depends on it": "case when interactions.party_email > 'x' then 1 else 2 end as topic",
    "what is sorted by it": "row_number() over (order by interactions.party_email) as topic",
}


@pytest.fixture(scope="module")
def nodes() -> list[dict[str, Any]]:
    return compiled()


def changed(nodes: list[dict[str, Any]], name: str, old: str, new: str) -> list[dict[str, Any]]:
    """The models with one text of one model replaced."""
    (before,) = (node["sql"] for node in nodes if node["name"] == name)
    assert before.count(old) == 1
    return [
        {**node, "sql": before.replace(old, new)} if node["name"] == name else node
        for node in nodes
    ]


def behind(nodes: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """The models of these names and those that they read: few are followed in no time."""
    by_id = {node["id"]: node for node in nodes}
    todo = [node["id"] for node in nodes if node["name"] in names]
    found = set(todo)
    while todo:
        new = {parent for parent in by_id[todo.pop()]["parents"] if parent in by_id} - found
        found |= new
        todo += new
    return [node for node in nodes if node["id"] in found]


@pytest.mark.parametrize("how", LEAKS)
def test_contact_data_is_refused_by_model_column_and_way(
    nodes: list[dict[str, Any]], how: str
) -> None:
    few = behind(nodes, MODEL)
    with pytest.raises(CarteraError) as error:
        follow(changed(few, MODEL, "interactions.topic,", f"{LEAKS[how]},"))
    assert f"models/core/{MODEL}.sql: core.{MODEL}.topic <- " in error.value.message
    assert "which is direct" in error.value.message


@pytest.mark.parametrize("how", QUESTIONS)
def test_a_question_about_contact_data_is_no_contact_data(
    nodes: list[dict[str, Any]], how: str
) -> None:
    few = behind(nodes, MODEL)
    found = follow(changed(few, MODEL, "interactions.topic,", f"{QUESTIONS[how]},"))
    assert found[f"core.{MODEL}"]["topic"].pii == "none"


def test_a_party_key_is_an_id_like_any_other(nodes: list[dict[str, Any]]) -> None:
    """Made of an e-mail where the key is: models have an id of it, and its class."""
    few = behind(nodes, MODEL)
    told = "interactions.person_record_id as topic,"
    found = follow(changed(few, MODEL, "interactions.topic,", told))
    assert found[f"core.{MODEL}"]["topic"] == classes.Class(
        "reference", ("landing.interactions.party_id", "landing.interactions.party_key")
    )


def test_the_whole_way_is_told_and_told_where_it_enters(nodes: list[dict[str, Any]]) -> None:
    """Free text that staging lets through, and that a mart reads from core."""
    few = changed(behind(nodes, "customer_timeline"), STAGED, "topic,", "notes as topic,")
    with pytest.raises(CarteraError) as error:
        follow(few)
    assert error.value.message.endswith(
        f"models/core/{MODEL}.sql: core.{MODEL}.topic <- staging.{STAGED}.topic <- "
        "landing.interactions.notes, which is free_text."
    )


@pytest.mark.parametrize(
    "new",
    [
        "elsewhere.topic",
        "(select secret from read_parquet('x')) as topic",
        "(select secret from read_parquet('x') as x(secret)) as topic",
        "(select secret from query('select 1') as x(secret)) as topic",
        '(select max(columns(*)) from "work"."landing"."orders") as topic',
        "#14 as topic",
        "$topic as topic",
        '(from "work"."landing"."orders" pivot (max(kind) for kind in (1))) as topic',
        "(with recursive r as (select 1 as x union all select x from r) select x from r) as topic",
    ],
)
def test_what_cannot_be_followed_is_refused_too(nodes: list[dict[str, Any]], new: str) -> None:
    few = behind(nodes, MODEL)
    with pytest.raises(CarteraError, match=f"{MODEL}.sql: nobody knows what flows"):
        follow(changed(few, MODEL, "interactions.topic,", f"{new},"))


def test_a_class_that_is_set_by_hand_needs_a_reason(nodes: list[dict[str, Any]]) -> None:
    few = changed(
        behind(nodes, MODEL), MODEL, "interactions.topic,", "interactions.party_email as topic,"
    )
    (model,) = (node for node in few if node["name"] == MODEL)
    model["meta"] = {"topic": {"pii": "none"}}
    with pytest.raises(CarteraError, match="`because` says in a sentence"):
        follow(few)
    model["meta"] = {"topic": {"pii": "none", "because": "The lower half of a year, no more."}}
    assert follow(few)[f"core.{MODEL}"]["topic"] == classes.Class("none")


def test_the_classes_are_those_of_contracts() -> None:
    assert set(classes.ORDER) == set(get_args(PiiClass)) > set(classes.CONTACT)


def test_our_own_models_pass_and_say_what_they_are_made_of(nodes: list[dict[str, Any]]) -> None:
    found = warehouse_classes()
    assert {column.pii for table in found.values() for column in table.values()} <= {
        "none",
        "reference",
        "indirect",
    }
    assert set(found) == {
        f"{node['schema']}.{node['name']}" for node in nodes if node["database"] == "warehouse"
    }
    orders = found["core.fct_orders"]
    assert orders["customer_id"] == classes.Class("reference", ("identity.bindings.customer_id",))
    assert orders["is_identifiable"] == classes.Class("none")


def test_the_answer_is_found_once_and_again_when_a_class_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nodes: list[dict[str, Any]]
) -> None:
    monkeypatch.setattr(dbt_parsed, "FOLDER", tmp_path)
    few = behind(nodes, MODEL)
    monkeypatch.setattr(classes, "compiled", lambda project: few)
    first = warehouse_classes()
    assert list(first) == [f"core.{MODEL}"]
    monkeypatch.setattr(classes, "compiled", lambda project: pytest.fail("followed again"))
    assert warehouse_classes() == first
    other = tmp_path / "tables.yml"
    other.write_text(classes.TABLES.read_text() + "# another\n")
    monkeypatch.setattr(classes, "TABLES", other)
    with pytest.raises(pytest.fail.Exception, match="followed again"):
        warehouse_classes()


def test_a_build_asks_before_it_makes_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise CarteraError("contact data")

    monkeypatch.setattr(building, "warehouse_classes", refuse)
    monkeypatch.setattr(building, "prepare", lambda *_, **__: pytest.fail("it went on"))
    with pytest.raises(CarteraError, match="contact data"):
        building._run(object(), {}, in_full=False)
