"""What ``cartera audience`` shows of lists: columns, what pulls brought, two audiences at once."""

from __future__ import annotations

import json

import pytest

from cartera import publications
from cartera.settings import Settings
from tests.activation.conftest import PUBLICATION, WAREHOUSE, write
from tests.cartera.calling import Run, publish

THIRD = ("third", "--about", "To test.", "--channel", "email")
TWO = ("compare", "spenders", "regulars")
# Of forty customers, told as tests/activation/conftest.py makes them: the first ten spent most, and
# those from the 5th on ordered that often. Of each ten the last two cannot be written to.
OWN = {"spenders": "net_revenue > 990", "regulars": "orders >= 5 and orders < 15"}


@pytest.fixture
def company(run: Run, settings: Settings) -> Settings:
    """A home with a publication and two audiences of its own, made by the command."""
    publish(settings)
    for name, rule in OWN.items():
        given = ("--about", "To test.", "--channel", "email", "--holdout", "0", "--rule", rule)
        assert run("audience", "new", name, *given, "--json").code == 0
    return settings


def test_columns_are_those_of_the_publication_with_their_kinds(run: Run, company: Settings) -> None:
    told = {row["column"]: row for row in json.loads(run("audience", "columns", "--json").out)}
    assert (told["orders"]["kind"], told["as_of"]["kind"]) == ("number", "date")
    assert told["days_to_birthday"]["about"] != "see customer_360" == told["orders"]["about"]
    assert "email" not in told, "contact data is no column of a rule"
    shown = run("audience", "columns")
    assert shown.code == 0
    assert shown.out.startswith(f"{len(told)} columns\n")
    assert [name for name in told if name not in shown.out] == []


def test_compare_says_who_would_be_on_both(run: Run, company: Settings) -> None:
    told = json.loads(run("audience", *TWO, "--json").out)
    assert (told["both"], told["first"]["listed"], told["second"]["listed"]) == (3, 8, 8)
    assert told["segments"] == {"Champions": [5, 3, 5]}
    shown = run("audience", *TWO)
    assert (shown.code, shown.err) == (0, "")
    first, _, heads, row = shown.out.splitlines()
    assert first == "3 are on both lists, of 8 and 8"
    assert heads.split() == ["segment", "spenders", "alone", "both", "regulars", "alone"]
    assert row.split() == ["Champions", "5", "3", "5"]
    assert not company.inbox.exists(), "nobody was put on a list"


def test_history_tells_each_pull_and_what_is_known_of_it(run: Run, company: Settings) -> None:
    assert json.loads(run("audience", "history", "spenders", "--json").out) == []
    assert run("audience", "history", "spenders").out.startswith("0 pulls of spenders\n")
    pulled = json.loads(run("audience", "pull", "spenders", "--json").out)
    assert run("audience", "pull", "regulars").code == 0
    (told,) = json.loads(run("audience", "history", "spenders", "--json").out)
    assert told["pull_id"] == pulled["pull_id"]
    assert told["listed"] == {"customers": 8, "ordered": 0, "net_revenue": 0.0}
    assert (told["excluded"], told["is_complete"]) == (2, False)
    shown = run("audience", "history", "spenders")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("1 pulls of spenders\n")
    assert "(running)" in shown.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("history", "spendors"), "Did you mean 'spenders'?"),
        (("compare", "spenders", "regular"), "Did you mean 'regulars'?"),
        (("compare", "spendors", "regulars"), "Did you mean 'spenders'?"),
        (("send", "spenders"), "spenders has no destination"),
        (("send", "spenders", "--to", "mailer"), "No destination 'mailer'"),
        (("pull", "spenders", "--format", "exel"), "Did you mean 'excel'?"),
        (("new", *THIRD, "--rule", "orders >"), "cannot be read at line 1"),
        (("new", *THIRD, "--rule", "ordres > 1"), "Did you mean 'orders'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_words_end_with_2_in_text_and_in_json(
    run: Run, company: Settings, words: tuple[str, ...], said: str
) -> None:
    ended = run("audience", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in " ".join(ended.err.split())
    told = run("audience", *words, "--json")
    assert (told.code, json.loads(told.out)["exit_code"]) == (2, 2)
    assert "Traceback" not in ended.err + told.err


@pytest.mark.parametrize("words", [("history",), ("compare", "spenders"), ("columns", "more")])
@pytest.mark.parametrize("way", [(), ("--json",)])
def test_too_few_words_or_too_many_end_with_2(
    run: Run, words: tuple[str, ...], way: tuple[str, ...]
) -> None:
    ended = run("audience", *words, *way)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: " in ended.err


@pytest.mark.parametrize(
    "words",
    [("columns",), ("history", "champions"), ("compare", "champions", "advocates")],
    ids=" ".join,
)
def test_before_the_first_publication_there_is_nothing_to_show(
    run: Run, words: tuple[str, ...]
) -> None:
    ended = run("audience", *words)
    assert (ended.code, ended.out) == (1, "")
    assert "Nothing has been published yet" in ended.err
    told = json.loads(run("audience", *words, "--json").out)
    assert (told["kind"], told["exit_code"]) == ("RefusedByData", 1)


def test_a_publication_of_an_earlier_cartera_is_refused(run: Run, company: Settings) -> None:
    warehouse = company.publications / PUBLICATION / publications.WAREHOUSE
    warehouse.unlink()
    write(warehouse, WAREHOUSE.replace("marts.list_results (", "marts.other_results ("))
    for words in (("history", "spenders"), TWO):
        ended = run("audience", *words)
        assert (ended.code, ended.out) == (1, "")
        assert "no marts.list_results" in ended.err.replace("\n", " ")
