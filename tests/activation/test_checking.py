"""What ``cartera doctor`` says of a company's own audiences and of where lists are sent."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from cartera.activation.audience import find_audience
from cartera.activation.checking import problems_of_destinations, wrong_rules
from cartera.activation.preview import preview
from cartera.commands.doctor import show_checks
from cartera.errors import CarteraError, UsageError
from cartera.settings import Settings
from tests.activation.test_pull import alter

SECRET = "hunter2-hunter2"
BOX = "name: box\nkind: sftp\ncredentials: box\n"
MAILER = "name: mailer\nkind: http\ncredentials: mailer\nurl: https://mailer.example/lists\n"


def write(settings: Settings, folder: str, name: str, text: str) -> Path:
    path = settings.home / folder / f"{name}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def audience(settings: Settings, rule: str, name: str = "vips", more: str = "") -> None:
    text = f"name: {name}\nabout: The best.\nchannel: email\nrule: {rule}\n{more}"
    write(settings, "audiences", name, text)


def destinations(settings: Settings, *kept: str) -> list[str]:
    return problems_of_destinations(settings, kept.__contains__)


def test_a_rule_of_the_company_s_own_is_held_against_the_publication(published: Settings) -> None:
    audience(published, "orders > 3")
    assert wrong_rules(published) == []
    audience(published, "ordres > 3")
    audience(published, "orders > 'x'", "others")
    first, second = sorted(wrong_rules(published), reverse=True)
    assert "vips" in first
    assert "Did you mean 'orders'" in first
    assert "others" in second


PLAIN = """# When to use it: in tests.
name: vips
about: >-
  The best.
channel: email
rule: >-
  orders > 3
  and net_revenue > 9
order: net_revenue desc
limit: 9
limit_per: country
fields: [customer_id,
  email,
  orders]
"""


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("orders > 3", "ordres > 3"), 6, "line 1, column 1: 'ordres'"),
        (("net_revenue > 9", "net_revenue > (select 1)"), 6, "a subquery"),
        (("and net_revenue > 9", "and"), 6, "cannot be read"),
        (("net_revenue desc", "net_revenu desc"), 9, "The order 'net_revenu desc' is not"),
        (("per: country", "per: land"), 11, "The field 'land' does not exist"),
        (("per: country", "per: email"), 11, "The field 'email' does not exist"),
        (("fields: [customer_id", "fields: [customer"), 12, "The field 'customer' does not"),
        (("  orders]", "  password]"), 14, "The field 'password' does not exist"),
    ],
)
def test_what_the_publication_does_not_know_is_told_with_file_and_line(
    published: Settings, change: tuple[str, str], line: int, said: str
) -> None:
    path = write(published, "audiences", "vips", PLAIN)
    assert wrong_rules(published) == []
    path.write_text(PLAIN.replace(*change))
    (problem,) = wrong_rules(published)
    assert problem.startswith(f"{path}:{line}: ")
    assert said in problem
    with pytest.raises(UsageError, match=re.escape(f"{path}:{line}: ")):
        preview(published, find_audience(published, "vips"))


def test_an_audience_that_is_in_no_file_as_it_is_is_told_by_its_name(published: Settings) -> None:
    write(published, "audiences", "vips", PLAIN)
    other = find_audience(published, "vips").model_copy(update={"rule": "ordres > 3"})
    with pytest.raises(UsageError, match=r"^vips: The rule 'ordres > 3', line 1, column 1"):
        preview(published, other)


def test_one_of_carteras_own_is_told_with_its_file(published: Settings) -> None:
    alter(published, "alter table marts.customer_360 drop column rfm_segment")
    with pytest.raises(UsageError, match=r"audiences/champions\.yml:\d+: The rule "):
        preview(published, find_audience(published, "champions"))


@pytest.mark.parametrize("wrong", ["\n", "\r\n", "\x00", "…"])
def test_a_token_that_no_header_carries_is_named_and_not_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    """Where it came out of a file, its end often came along."""
    write(settings, "destinations", "mailer", MAILER)
    monkeypatch.setenv("CARTERA_CONN_MAILER", f"https://:{quote(SECRET + wrong)}@mailer")
    (problem,) = destinations(settings)
    assert problem.startswith("mailer: The token for mailer has a line end in it")
    assert SECRET not in problem


def test_before_the_first_publication_rules_have_no_columns(settings: Settings) -> None:
    audience(settings, "ordres > 3")
    assert wrong_rules(settings) == []


def test_a_destination_needs_its_credentials_here_or_in_airflow(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(settings, "destinations", "box", BOX)
    (problem,) = destinations(settings)
    assert problem.startswith("box: There are no credentials 'box'.")
    assert destinations(settings, "box") == []
    monkeypatch.setenv("CARTERA_CONN_BOX", f"sftp://cartera:{SECRET}@files.example")
    assert destinations(settings) == []
    # What stands in the environment wins, so Airflow does not help where it is wrong.
    monkeypatch.setenv("CARTERA_CONN_BOX", f"{SECRET}")
    (problem,) = destinations(settings, "box")
    assert "cannot be read" in problem
    assert SECRET not in problem


def test_a_server_needs_a_host_and_the_files_that_are_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hosts = tmp_path / "known_hosts"
    write(settings, "destinations", "box", f"{BOX}known_hosts: {hosts}\n")
    monkeypatch.setenv("CARTERA_CONN_BOX", f"sftp://cartera:{SECRET}@?private_key=/no/key")
    assert destinations(settings) == [
        "box: its credentials name no host: write sftp://user:password@host",
        f"box: {hosts} is no file: correct the path",
        "box: /no/key is no file: correct the path",
    ]


def test_a_destination_that_an_audience_names_must_be_there(settings: Settings) -> None:
    audience(settings, "orders > 3", more="destination: mailr\n")
    write(settings, "destinations", "mailer", "name: mailer\nkind: http\nurl: https://x.example\n")
    (problem,) = destinations(settings)
    assert problem.startswith("mailr: No destination 'mailr'.")
    assert "mailer" in problem


def test_doctor_tells_both_in_one_paragraph(
    published: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cartera.commands.doctor._in_airflow", lambda name: False)
    (published.publications / "current" / "contacts.duckdb").chmod(0o400)
    audience(published, "ordres > 3")
    write(published, "destinations", "box", BOX)
    with pytest.raises(
        CarteraError, match=r"2 checks failed: audiences: .*; destinations: "
    ) as found:
        show_checks(published, json=False)
    assert "\n" not in found.value.message
    assert "CARTERA_CONN_BOX" in found.value.message
