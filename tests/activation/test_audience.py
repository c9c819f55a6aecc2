"""Audience files: found by name, checked when they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartera.activation.audience import SHIPPED, find_audience, load_audiences
from cartera.errors import ContractError, UsageError
from cartera.settings import Settings

OWN = "name: big\nabout: Who spends most.\nchannel: email\nrule: net_revenue > 900\n"


def write(settings: Settings, text: str, name: str = "big.yml") -> Path:
    path = settings.home / "audiences" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_shipped_and_own_audiences_are_found_and_own_ones_win(settings: Settings) -> None:
    write(settings, OWN)
    own = OWN.replace("big", "champions").replace("Who spends most", "Ours")
    write(settings, own, "champions.yml")
    found = load_audiences(settings)
    assert set(found) == {"big"} | {path.stem for path in SHIPPED.glob("*.yml")}
    assert found["champions"].about == "Ours."
    assert (found["big"].salt, found["big"].holdout_percent) == ("big", 10)


def test_an_unknown_name_is_answered_with_the_nearest(settings: Settings) -> None:
    with pytest.raises(UsageError, match="No audience 'champion'") as error:
        find_audience(settings, "champion")
    assert error.value.fix == "Did you mean 'champions'?"
    with pytest.raises(UsageError) as error:
        find_audience(settings, "zzz")
    assert error.value.fix.startswith("There are: ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("channel: email", "channel: pigeon"), "big.yml:3: channel: "),
        (("rule: net_revenue > 900\n", ""), "rule: missing"),
        (("about:", "holdout_percent: 101\nabout:"), "holdout_percent: "),
        (("about:", "limit: 0\nabout:"), "limit: "),
        (("about:", "ordre: x\nabout:"), "ordre: no such field"),
        (("name: big", "name: ../big"), "big.yml:1: name: "),
        (("channel: email", "channel: email\nrescue: true\nholdout_percent: 5"), "holdout_percent"),
        (("channel: email", "channel: email\npurpose: service\nholdout_percent: 5"), "holdout"),
        (
            ("channel: email", "channel: email\nrescue: true\ncap: {lists: 1, days: 9}"),
            "cap is for",
        ),
        (("channel: email", "channel: email\npurpose: internal"), "there is none for purpose"),
        (("channel: email\n", ""), "channel is email or phone"),
        (("about:", "limit_per: country\nabout:"), "limit_per needs limit"),
        (("about:", "cap: {lists: 0, days: 30}\nabout:"), "cap.lists: "),
        (("about:", "fields: []\nabout:"), "fields: "),
        (("about:", "fields: [orders, orders]\nabout:"), "fields names a column twice"),
        (("about:", "formats: [xls]\nabout:"), "formats.0: "),
    ],
)
def test_a_mistake_or_what_does_not_fit_together_names_file_and_field(
    settings: Settings, change: tuple[str, str], said: str
) -> None:
    write(settings, OWN.replace(*change))
    with pytest.raises(ContractError) as error:
        load_audiences(settings)
    assert said in error.value.message


def test_a_file_and_its_audience_have_one_name(settings: Settings) -> None:
    write(settings, OWN, "other.yml")
    with pytest.raises(UsageError, match="it is named 'big' inside"):
        load_audiences(settings)


@pytest.mark.parametrize("kind", ["rescue: true", "purpose: service"])
def test_a_rescue_or_a_service_holds_nobody_out_without_being_told(
    settings: Settings, kind: str
) -> None:
    write(settings, OWN + kind + "\n")
    assert load_audiences(settings)["big"].holdout_percent == 0


def test_the_ready_made_ones_are_those_of_the_design_each_with_its_use(settings: Settings) -> None:
    found = load_audiences(settings)
    assert set(found) == {
        *("champions", "valuable_decliners", "valuable_complainers", "lost_valuable"),
        *("new_welcome", "cross_sell", "renewal_due", "worst_candidates", "leads_to_nurture"),
        *("overdue_contact", "complete_contact_data", "advocates", "birthday"),
        "my_top_customers",
    }
    for path in SHIPPED.glob("*.yml"):
        assert path.read_text(encoding="utf-8").startswith("# When to use it: "), path
    rescued = {name for name, audience in found.items() if audience.rescue}
    assert rescued == {"valuable_decliners", "valuable_complainers", "lost_valuable"}
    assert {found[name].holdout_percent for name in rescued} == {0}
    assert [name for name, audience in found.items() if audience.nightly] == ["champions"]


def test_what_says_how_a_list_is_used_makes_no_other_pull(settings: Settings) -> None:
    write(settings, OWN)
    before = load_audiences(settings)["big"].version
    write(settings, OWN.replace("Who spends", "Those who spend") + "formats: [excel]\n")
    assert load_audiences(settings)["big"].version == before
    write(settings, OWN + "limit: 5\n")
    assert load_audiences(settings)["big"].version != before
