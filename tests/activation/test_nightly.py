"""What the night does: it pulls the audiences that are nightly, and sends those with a place."""

from __future__ import annotations

import pytest

from cartera.arrows import pull_audiences
from cartera.errors import CarteraError, UsageError
from cartera.settings import Settings
from tests.activation.test_sending import LISTED, SECRET, Server, at, server

__all__ = ["server"]
OWN = """
name: {name}
about: Who spends most.
channel: email
rule: rfm_segment = 'Champions'
holdout_percent: 0
fields: [customer_id, email]
"""
SENT, STAYS, BY_DAY = "sent_by_night", "stays_here", "by_day"


@pytest.fixture
def company(published: Settings, server: Server) -> Settings:
    """Of its audiences one is nightly and sent, one nightly, and one sent when somebody says so."""
    ends = {
        SENT: "nightly: true\ndestination: mailer\n",
        STAYS: "nightly: true\n",
        BY_DAY: "destination: mailer\n",
    }
    folder = published.home / "audiences"
    folder.mkdir()
    for name, end in ends.items():
        (folder / f"{name}.yml").write_text(OWN.format(name=name) + end)
    folder = published.home / "destinations"
    folder.mkdir()
    (folder / "mailer.yml").write_text(at(server).model_dump_json(exclude_none=True))
    return published


def told_of(server: Server) -> set[str]:
    """The audiences whose pulls have arrived."""
    return {request["pull_id"].partition("-")[0] for request in server.requests}


def test_a_night_pulls_what_is_nightly_and_sends_what_has_a_destination(
    company: Settings, server: Server
) -> None:
    said: list[str] = []
    reports = pull_audiences(company, progress=said.append)
    assert {report.audience for report in reports} >= {SENT, STAYS}
    assert BY_DAY not in {report.audience for report in reports}
    (sent,) = (report for report in reports if report.audience == SENT)
    assert told_of(server) == {SENT}
    assert {request["pull_id"] for request in server.requests} == {sent.pull_id}
    assert len(server.members) == sent.listed == LISTED
    assert server.headers[0]["Authorization"] == f"Bearer {SECRET}"
    assert any(line.startswith("mailer: ") for line in said)


def test_the_next_night_of_the_same_publication_sends_nothing_again(
    company: Settings, server: Server
) -> None:
    pull_audiences(company)
    before = len(server.requests)
    pull_audiences(company)
    assert len(server.requests) == before > 0


def test_what_is_pulled_by_its_name_is_sent_only_when_somebody_says_so(
    company: Settings, server: Server
) -> None:
    (report,) = pull_audiences(company, names=[SENT])
    assert report.listed == LISTED
    assert server.requests == []


def test_a_night_whose_destination_is_down_or_unknown_fails_and_the_next_one_goes_on(
    company: Settings, server: Server
) -> None:
    server.fails_after = 2
    with pytest.raises(CarteraError, match="answered 503"):
        pull_audiences(company)
    server.fails_after = 10**9
    pull_audiences(company)
    assert len(server.members) == LISTED
    (company.home / "destinations" / "mailer.yml").unlink()
    with pytest.raises(UsageError, match="No destination 'mailer'"):
        pull_audiences(company)
