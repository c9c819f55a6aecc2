"""A list is of one publication, also when another becomes current while it is pulled."""

from __future__ import annotations

from typing import Any

import pytest

from cartera import publications
from cartera.activation import members
from cartera.activation import pull as pulling
from cartera.activation.preview import preview
from cartera.activation.pull import pull
from cartera.settings import Settings
from tests.activation.conftest import CONTACTS, PUBLICATION, WAREHOUSE, write
from tests.activation.test_pull import audience, read, the_record
from tests.activation.test_sending import LATER, point

# The later one has others on the list, at other amounts, under other names, born nobody knows when.
OTHERS = WAREHOUSE.replace("1000 - n", "5000 - n").replace(
    "n < 30, 'Champions'", "n >= 30, 'Champions'"
)
NAMES = CONTACTS.replace("'Doe-Müller'", "'Later'").replace("make_date(1980,", "make_date(null,")
WHICH = audience(holdout_percent=0, fields=["customer_id", "surname_1", "net_revenue"])
# Each of these has opened something, or is about to, when it is done for the first time.
STEPS = [
    (pulling, "current_publication"),
    (members, "attach"),
    (members, "place"),
    (pulling, "write_list"),
]


@pytest.fixture
def later(published: Settings) -> Settings:
    """A home with two publications, of which the first is current."""
    folder = published.publications / LATER
    folder.mkdir()
    write(folder / publications.WAREHOUSE, OTHERS)
    write(folder / publications.CONTACTS, NAMES)
    return published


def swap_after(patch: pytest.MonkeyPatch, settings: Settings, module: Any, step: str) -> list[str]:
    """Let the later one become current once ``step`` is done; tells how often it was."""
    real = getattr(module, step)
    done: list[str] = []

    def then_swap(*given: Any, **told: Any) -> Any:
        found = real(*given, **told)
        if not done:
            point(settings, LATER)
        done.append(step)
        return found

    patch.setattr(module, step, then_swap)
    return done


@pytest.mark.parametrize(("module", "step"), STEPS, ids=[step for _, step in STEPS])
def test_a_list_has_the_customers_and_the_names_of_one_publication(
    later: Settings, monkeypatch: pytest.MonkeyPatch, module: Any, step: str
) -> None:
    with monkeypatch.context() as patch:
        done = swap_after(patch, later, module, step)
        report = pull(later, WHICH)
        assert done
    assert report.publication_id == PUBLICATION
    rows = read(report.files["csv"])
    assert {row["surname_1"] for row in rows} == {"Doe-Müller"}
    assert all(int(row["net_revenue"]) == 1000 - int(row["customer_id"][1:]) for row in rows)
    assert {row["party_id"] for row in the_record(later)} == {f"c{n:02}" for n in range(30)}
    # It was the swap that this one did not see: the next one does.
    after = pull(later, WHICH)
    assert after.publication_id == LATER
    rows = read(after.files["csv"])
    assert {row["surname_1"] for row in rows} == {"Later"}
    assert min(row["customer_id"] for row in rows) == "c30"


def test_a_preview_that_needs_contact_data_reads_both_files_of_one(
    later: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    born = "days_to_birthday >= 0 and rfm_segment = 'Champions'"
    which = audience(holdout_percent=0, rule=born)
    before = preview(later, which)
    swap_after(monkeypatch, later, members, "attach")
    assert preview(later, which) == before
    assert before.report.matched == 30
    assert preview(later, which).report.matched == 0
