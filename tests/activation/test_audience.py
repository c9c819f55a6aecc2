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
    ],
)
def test_a_mistake_names_file_line_and_field(
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
