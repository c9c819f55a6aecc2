"""A list can be opened by a spreadsheet, read as Parquet, and matched by an ad platform."""

from __future__ import annotations

import csv
import hashlib
import re
from pathlib import Path

import duckdb
import pytest

from cartera import publications
from cartera.activation.formats import formats_named
from cartera.activation.pull import pull
from cartera.errors import UsageError
from cartera.settings import Settings
from tests.activation.test_pull import alter, audience, read

# As an ad platform prints it in its documentation: person@example.com.
KNOWN = "542d240129883c019e106e3b1b2d3f3cb3537c43c425364de8e951d5a3083345"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_formats_have_the_same_people_in_the_same_order(published: Settings) -> None:
    report = pull(published, audience(), formats_named(["csv", "excel", "parquet"]))
    plain, excel = Path(report.files["csv"]), Path(report.files["excel"])
    assert excel.read_bytes() == b"\xef\xbb\xbf" + plain.read_bytes()
    rows = duckdb.sql(f"select * from read_parquet('{report.files['parquet']}')").fetchall()
    assert [row[0] for row in rows] == [row["customer_id"] for row in read(plain)]
    assert {type(row[-1]) for row in rows} == {int}
    # Only a spreadsheet needs its formulas taken away.
    assert rows[0][1] == "=cmd|'/c calc'!A1"
    left = {path.name for path in (published.exports / "big").iterdir()}
    assert left == {Path(file).name for file in report.files.values()}


def test_a_format_asked_for_later_is_of_the_same_pull(published: Settings) -> None:
    first = pull(published, audience())
    later = pull(published, audience(), formats_named(["parquet"]))
    assert later.pull_id == first.pull_id
    assert Path(first.files["csv"]).exists()
    assert len(list((published.inbox / "cartera" / "audience_pulls").iterdir())) == 1


def test_google_gets_what_its_page_says(published: Settings) -> None:
    report = pull(published, audience(holdout_percent=0), formats_named(["google"]))
    with open(report.files["google"], encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["Email", "Phone", "First Name", "Last Name", "Country", "Zip"]
    # The 12th customer: an even one, whose phone may be used.
    row = next(row for row in rows if row[0] == sha("c12@example.com"))
    assert row == [
        sha("c12@example.com"),
        sha("+34600000012"),
        sha("name12"),
        sha("doe-müller"),
        "ES",
        "28 001",
    ]
    odd = next(row for row in rows if row[0] == sha("c11@example.com"))
    assert odd[1] == "", "consent to calls is not there: the phone stays here"


@pytest.mark.parametrize(
    "zip_code",
    ["=1+1", " +34 1", "-28001", "@x", "\t28001", "28001;=1+1", '28001"; "-1', "\uff1d1+1"],
)
def test_what_google_gets_unhashed_is_no_formula(published: Settings, zip_code: str) -> None:
    contacts = published.publications / "current" / publications.CONTACTS
    with duckdb.connect() as db:
        db.execute(f"attach '{contacts}' as c")
        golden = "c.contacts.golden_records"
        db.execute(
            f"update {golden} set postal_code = ? where customer_id = 'c12'",
            [zip_code],
        )
        db.execute(f"update {golden} set postal_code = 'AD500; 3-B' where customer_id = 'c13'")
    alter(published, "update marts.customer_360 set country = '=A1' where customer_id = 'c12'")
    report = pull(published, audience(holdout_percent=0), formats_named(["google"]))
    rows = {row["Email"]: row for row in read(report.files["google"])}
    row = rows[sha("c12@example.com")]
    assert (row["Country"], row["Zip"]) == ("", "")
    assert row["First Name"] == sha("name12"), "they are matched by what else is known of them"
    assert rows[sha("c13@example.com")]["Zip"] == "AD500; 3-B", "a sign within a text is none"
    text = Path(report.files["google"]).read_text(encoding="utf-8")
    for cell in re.split("[,;\\t\\r\\n]", text):
        assert not re.match('[\\s"]*[=+@\uff1d-]', cell), cell


def test_meta_gets_what_its_page_says(published: Settings) -> None:
    report = pull(published, audience(holdout_percent=0), formats_named(["meta"]))
    with open(report.files["meta"], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    row = next(row for row in rows if row["email"] == sha("c12@example.com"))
    assert row == {
        "email": sha("c12@example.com"),
        "phone": sha("34600000012"),
        "fn": sha("name12"),
        "ln": sha("doemüller"),
        "ct": sha("sansebastián"),
        "zip": sha("28001"),
        "country": sha("es"),
    }
    assert "@" not in Path(report.files["meta"]).read_text()


def test_a_hash_is_the_one_that_platforms_work_out() -> None:
    from cartera.activation.formats import GOOGLE, META

    for columns, name in ((GOOGLE, "Email"), (META, "email")):
        found = duckdb.sql(
            f"select {columns[name]} from (select ' Person@Example.COM ' as email, "
            "true as is_reachable_email)"
        ).fetchone()
        assert found == (KNOWN,)


def test_names_in_any_script_come_through_as_they_are(published: Settings) -> None:
    rows = read(pull(published, audience(holdout_percent=0)).files["csv"])
    names = {row["customer_id"]: row["given_name"] for row in rows}
    assert (names["c06"], names["c07"]) == ("محمد", "נֹעַם")
    # A wide equals sign is one to a spreadsheet in Japan.
    assert names["c10"] == "'\uff1d1+1"


def test_a_format_that_does_not_exist_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="No format 'mata'") as error:
        formats_named(["csv", "mata"])
    assert error.value.fix == "Did you mean 'meta'?"
