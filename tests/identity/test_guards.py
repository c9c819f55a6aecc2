"""Whom guards keep apart, whom they let join, and what bad input does."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from cartera.identity.loading import COLUMNS
from tests.identity.linking import KINDS, Linking, table

MAIL = "familia.gil@correo.es"
BORN = date(1980, 5, 17)
CHILD = {"birth_date": date(1990, 5, 6)}


def groups(people, **tables):
    """Clusters of records, by their place in the list."""
    linking = Linking(people)
    for name, rows in tables.items():
        linking.connection.execute(
            "create schema if not exists work.identity; "
            f"create table work.identity.{name} (record_a bigint, record_b bigint, reason varchar)"
        )
        for row in rows:
            linking.connection.execute(
                f"insert into work.identity.{name} values (?, ?, 'steward')", row
            )
    linking.link()
    return {frozenset(int(record) for record in part) for part in linking.clusters()}


def apart(people, **tables):
    return groups(people, **tables) == {frozenset([i]) for i in range(len(people))}


def person(given, surname="Gil", second=None, **more):
    return {"given_name": given, "surname": surname, "second_surname": second, **more}


def test_twins_stay_apart():
    home = {"email": MAIL, "phone": "912345678", "birth_date": BORN, "address": "C/ Sol 3"}
    assert apart([person("Ana", "Gil", "Sanz", **home), person("Eva", "Gil", "Sanz", **home)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Claudio", "Claudia"),
        ("Eric", "Erica"),
        ("Ainara", "Ainhoa"),
        ("Kevin", "Melvin"),
        ("Álex", "Alexia"),
        ("Quirico", "Quirica"),
    ],
)
def test_twins_of_nearly_one_name_stay_apart(one, other):
    home = {"email": MAIL, "phone": "912345678", "birth_date": BORN, "address": "C/ Sol 3"}
    assert apart([person(one, "Gil", "Sanz", **home), person(other, "Gil", "Sanz", **home)])


def test_father_and_son_of_one_name_stay_apart_by_generation():
    home = {"email": MAIL, "phone": "912345678", "address": "C/ Sol 3", "country": "US"}
    assert apart([person("John", "Smith Sr.", **home), person("John", "Smith Jr.", **home)])
    assert not apart([person("John", "Smith", **home), person("John", "Smith Jr.", **home)])
    born = {**home, "birth_date": date(1960, 5, 6)}
    assert apart([person("John", "Smith", **born), person("John", "Smith", **born | CHILD)])


def test_brothers_on_one_tax_id_of_a_child_or_a_company_stay_apart():
    ana = person("Ana", "García", "López", tax_id="12345678Z", birth_date=date(1990, 1, 3))
    luis = person("Pedro", "García", "Ruiz", tax_id="12345678Z", birth_date=date(1960, 7, 9))
    assert apart([ana, luis])
    firm = {"tax_id": "30-71234567-1", "country": "AR"}
    assert apart([person("Juan", **firm), person("Pedro", **firm)])


def test_parent_and_child_of_one_name_stay_apart_by_birth_date_or_second_surname():
    father = person("Luis", "Gil", "Sanz", phone="912345678", birth_date=BORN)
    assert apart([father, person("Luis", "Gil", "Ruiz", phone="912345678")])
    assert apart([father, person("Luis", "Gil", phone="912345678", birth_date=date(2010, 1, 9))])


def test_who_could_be_parent_or_child_joins_neither():
    people = [
        person("Luis", birth_date=BORN, phone="912345678"),
        person("Luis", birth_date=date(2010, 1, 9), phone="912345678"),
        person("Luis", phone="912345678"),
    ]
    assert apart(people)


def test_spouses_on_one_mailbox_stay_apart_and_a_nameless_one_follows_neither():
    assert apart([person("Ana", email=MAIL), person("Luis", email=MAIL), {"email": MAIL}])


def test_a_recycled_phone_joins_nobody():
    assert apart([person("Ana", phone="600112233"), person("Eva", "Mora", phone="600112233")])


def test_nicknames_slips_and_compound_names_do_not_keep_a_person_apart():
    mail = {"email": "pgil@correo.es"}
    people = [
        person("José", "Gil", "Sanz", **mail),
        person("Pepe", "Gil", **mail),
        person("José Luis", "Gil", "Sanz", **mail),
        person("Jsoé", "Gil", "Sanz", **mail),
        person("JOSE", "GIL SANZ", **mail),
    ]
    assert len(groups(people)) == 1


def test_mario_and_maria_are_two():
    assert apart([person("Mario", email="mgil@correo.es"), person("María", email="mgil@correo.es")])


def test_a_name_changed_by_marriage_is_one_person_if_birth_date_and_mailbox_agree():
    born = {"birth_date": BORN, "email": "mary@post.uk", "country": "GB"}
    assert len(groups([person("Mary", "Smith", **born), person("Mary", "Jones", **born)])) == 1


def test_names_alone_join_nobody():
    assert apart(
        [person("Ana", "Gil", "Sanz", city="Lugo"), person("Ana", "Gil", "Sanz", city="Lugo")]
    )


def test_one_name_and_birth_date_or_address_is_one_person():
    assert (
        len(groups([person("Ana", "Gil", birth_date=BORN), person("Ana", "Gil", birth_date=BORN)]))
        == 1
    )
    home = {"address": "C/ Mayor, 3, 2º A", "city": "Lugo"}
    again = {"address": "Calle Mayor 3, 2 A", "city": "LUGO"}
    assert len(groups([person("Ana", "Gil", **home), person("Ana", "Gil", **again)])) == 1


def test_two_valid_tax_ids_keep_apart_whatever_else_agrees():
    same = {"email": "ana@correo.es", "birth_date": BORN}
    assert apart(
        [person("Ana", tax_id="12345678Z", **same), person("Ana", tax_id="87654321X", **same)]
    )


def test_a_steward_who_keeps_apart_breaks_every_chain():
    people = [person("Ana", "Gil", email="ana@correo.es") for _ in range(3)]
    found = groups(people, cannot_links=[(0, 2)])
    assert not any({0, 2} <= part for part in found)


def test_a_steward_who_joins_is_obeyed_whatever_contradicts():
    people = [person("Ana", birth_date=BORN), person("Luis", "Mora", birth_date=date(1999, 1, 2))]
    assert len(groups(people, must_links=[(0, 1)])) == 1


def test_every_kept_pair_says_in_words_why():
    linking = Linking(
        [person("Laura", email="lgil@correo.es"), person("Luara", email="lgil@correo.es")]
    )
    linking.link()
    pair = linking.rows(
        "select decision, evidence::json->>'$.email.level' as email, "
        "evidence::json->>'$.given.level' as given from work.identity.pairs"
    )[0]
    assert pair == {"decision": "linked", "email": "e-mail equal", "given": "given name mistyped"}


def test_no_record_and_empty_records_are_no_trouble():
    assert groups([]) == set()
    assert apart([{}, {}, {}])


def test_one_column_for_everything_still_works():
    people = [{"full_name": "Ana Gil"}, {"full_name": "Ana Gil, ana@correo.es, 600112233"}]
    assert apart(people)


def a_hundred_thousand(**values):
    """Records with these columns: one value for all, or a list of a hundred thousand."""
    values["source_record_id"] = [str(n) for n in range(100_000)]
    everyone = table([{}]).take(pa.array([0] * 100_000))
    for name, value in values.items():
        column = value if isinstance(value, list) else [value] * 100_000
        everyone = everyone.set_column(
            everyone.column_names.index(name), name, pa.array(column, KINDS[COLUMNS[name]])
        )
    return everyone


def test_a_hundred_thousand_records_all_alike_are_left_alone_and_told():
    linking = Linking(a_hundred_thousand(full_name="Ana Gil Sanz", email=MAIL, birth_date=BORN))
    linked = linking.link()
    assert (linked.compared, linked.largest_cluster) == (0, 1)
    assert linked.alarms
    shared = linking.rows("select kind, records from work.identity.shared_identifiers")
    assert shared == [{"kind": "email", "records": 100_000}]


def test_a_phone_on_a_hundred_thousand_records_costs_little_and_joins_nobody():
    words = ["".join(chr(97 + int(digit)) for digit in str(n)) for n in range(100_000)]
    linking = Linking(
        a_hundred_thousand(given_name=words, surname=words[1:] + words[:1], phone="912345678")
    )
    linked = linking.link()
    assert (linked.compared, linked.largest_cluster) == (0, 1)
    shared = linking.rows("select kind, records, reason from work.identity.shared_identifiers")
    assert shared == [{"kind": "phone", "records": 100_000, "reason": "many names"}]


def test_all_in_one_column_of_a_hundred_thousand_records_joins_nobody():
    lines = [f"Ana Gil {n}, ana{n}@correo.es, 6{n:08d}" for n in range(100_000)]
    linking = Linking(a_hundred_thousand(full_name=lines))
    assert linking.link().largest_cluster == 1


def test_names_of_thousands_of_letters_are_cut_and_told_apart():
    long = "Maximiliano" * 500
    ana, other = {"given_name": "Ana", "surname": long}, {"given_name": "Eva", "surname": long}
    people = [ana | {"email": MAIL}, ana | {"email": MAIL}, other | {"email": MAIL}]
    assert groups(people) == {frozenset({0, 1}), frozenset({2})}


def test_who_is_mistyped_in_many_ways_shares_no_tax_id_and_a_family_that_lends_one_does():
    spellings = ["jarod", "jatod", "jarodd", "jarrod", "samuel"]
    mistyped = [
        {"given_name": name, "surname": "Mccarthy", "tax_id": "6158276", "country": "AU"}
        for name in spellings
    ]
    linking = Linking(mistyped)
    linking.link()
    assert linking.rows("from work.identity.shared_identifiers") == []
    lent = [person | {"given_name": name} for person, name in zip(
        mistyped, ["Ana", "Eva", "Luis", "Juan", "Sara"], strict=True)]  # fmt: skip
    assert apart(lent)


def test_a_chain_of_many_is_cut_at_the_largest_cluster():
    people = [
        person("Ana", "Gil", email=f"ana{i}@correo.es", phone=f"6{i // 2:08d}") for i in range(200)
    ]
    people += [
        person("Ana", "Gil", email=f"ana{i + 1}@correo.es", phone=f"7{i:08d}") for i in range(199)
    ]
    people += [
        person("Ana", "Gil", email=f"ana{i}@correo.es", phone=f"7{i:08d}") for i in range(199)
    ]
    linking = Linking(people)
    linked = linking.link()
    assert 1 < linked.largest_cluster <= 60
