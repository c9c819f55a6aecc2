"""``cartera identity evaluate``, ``train`` and ``weights`` on a stranger's records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cartera.cli import app
from cartera.errors import RefusedByData, UsageError
from cartera.identity.comparisons import COMPARISONS
from cartera.identity.model import SHIPPED, load_model

CONTRACT = """system: kiosk
source: crm_contacts
about: "Customers of the kiosk."
format: {type: csv, delimiter: ";", date: "%d/%m/%Y"}
delivery: snapshot
reject_limit: 0.2
columns:
  record_id: numero
  full_name: cliente
  email: correo
  birth_date: nacido
"""
# Ana twice, her sister on the same mailbox, Luis twice and a namesake; the last has no real date.
RECORDS = """numero;cliente;correo;nacido
1;Ana Gil Sanz;ana.gil@correo.es;02/01/1980
2;GIL SANZ, ANA;Ana.Gil@correo.es;
3;Eva Gil Sanz;ana.gil@correo.es;05/06/1983
4;Luis Pérez Ruiz;luis@correo.es;07/08/1975
5;Luis Perez;luis@correo.es;
6;Luis Pérez Ruiz;;01/02/1999
7;Iván Mora;ivan@correo.es;31/02/1999
"""
# The last two are one person, says the truth, and nothing shows it.
LABELS = """source_system,source_record_id,person_id,household_id
kiosk,1,ana,1
kiosk,2,ana,1
kiosk,3,eva,1
kiosk,4,luis,2
kiosk,5,luis,2
kiosk,6,luis,2
kiosk,7,ivan,3
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for name, text in [
        ("kiosk/crm_contacts.yml", CONTRACT),
        ("people.csv", RECORDS),
        ("truth.csv", LABELS),
    ]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        found[path.stem] = path
    return found


def run(home: Path, *command: object) -> str:
    """What the command prints. Raises what it raises."""
    words = ["identity", *map(str, command), "--home", str(home)]
    done = CliRunner().invoke(app, words)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def evaluated(home: Path, files: dict[str, Path], *more: object) -> dict[str, Any]:
    given = ["--records", files["people"], "--labels", files["truth"]]
    told: dict[str, Any] = json.loads(
        run(home, "evaluate", *given, "--contract", files["crm_contacts"], "--json", *more)
    )
    return told


def test_a_strangers_records_are_judged_by_their_contract(tmp_path, files):
    told = evaluated(tmp_path / "home", files)
    assert (told["records"], told["people"], told["customers"], told["refused"]) == (6, 3, 4, 1)
    # Two of four true pairs are found, none is wrong: 1-2 and 4-5, not 4-6 and 5-6.
    assert told["pairwise"] == {"precision": 1.0, "recall": 0.5, "f1": 0.6667}
    # Ana's records 1 and 1, Eva's 1, Luis's 2/3, 2/3 and 1/3.
    assert told["b_cubed"]["recall"] == round((1 + 1 + 1 + 2 / 3 + 2 / 3 + 1 / 3) / 6, 4)
    assert told["joinable"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "share": 0.5}
    assert told["wrong_pairs_in_households"] == told["wrong_pairs_among_strangers"] == 0
    assert told["is_trained_on_these"]
    assert told["largest_cluster"] == 2
    assert not (tmp_path / "home" / "landing").exists()


def test_what_is_wrong_counts_within_a_household_or_among_strangers(tmp_path, files):
    labels = LABELS.replace("kiosk,2,ana,1", "kiosk,2,rosa,1").replace(
        "kiosk,5,luis,2", "kiosk,5,pablo,7"
    )
    files["truth"].write_text(labels)
    told = evaluated(tmp_path / "home", files)
    assert told["wrong_pairs_in_households"] == 1
    assert told["wrong_pairs_among_strangers"] == 1
    assert told["pairwise"]["precision"] == 0.0


def test_evaluate_reads_to_a_person(tmp_path, files):
    given = ["--records", files["people"], "--labels", files["truth"]]
    told = run(tmp_path / "home", "evaluate", *given, "--contract", files["crm_contacts"])
    assert "6 records, 3 people, 4 customers" in told
    assert "pairs that evidence joins" in told
    assert "1 records do not fit the contract" in told


def test_a_trained_model_is_kept_and_judged_as_it_is(tmp_path, files):
    home = tmp_path / "home"
    given = ["--records", files["people"], "--contract", files["crm_contacts"]]
    trained = json.loads(run(home, "train", *given, "--json"))
    own = home / "state" / "identity" / "model.json"
    assert own.stat().st_mode & 0o777 == 0o600
    assert load_model(home / "state").key == trained["model"] != load_model().key
    assert {(w["comparison"], w["level"]) for w in trained["weights"]} == {
        (c.name, level.key) for c in COMPARISONS for level in c.levels
    }
    told = evaluated(home, files)
    assert (told["model"], told["is_trained_on_these"]) == (trained["model"], False)
    own.unlink()
    assert evaluated(home, files, "--no-train")["model"] == load_model().key


def test_the_chart_has_every_level_and_is_the_one_in_the_docs(tmp_path):
    run(tmp_path, "weights", "--out", tmp_path / "w.svg")
    drawn = (tmp_path / "w.svg").read_text()
    for comparison in COMPARISONS:
        for level in comparison.levels:
            assert f">{level.words}<" in drawn
    docs = (Path(__file__).parents[2] / "docs" / "identity-weights.svg").read_text()
    # Its first line names the model's key, which changes with how records are compared.
    told = "cartera identity weights --out docs/identity-weights.svg"
    assert docs.splitlines()[1:] == drawn.splitlines()[1:], told


def test_a_damaged_model_is_named_and_says_what_to_do(tmp_path):
    own = tmp_path / "state" / "identity" / "model.json"
    own.parent.mkdir(parents=True)
    own.write_text(SHIPPED.read_text().replace('"surname"', '"lastname"'))
    with pytest.raises(UsageError, match=r"model\.json is no linkage model.*levels") as raised:
        run(tmp_path, "weights", "--out", tmp_path / "w.svg")
    assert "identity train" in raised.value.fix


@pytest.mark.parametrize(
    ("change", "told", "kind"),
    [
        ({"people": None}, "no file .*people.csv", UsageError),
        ({"truth": None}, "no file .*truth.csv", UsageError),
        ({"truth": "person_id\nana\n"}, "source_record_id and person_id", UsageError),
        ({"truth": LABELS.replace("kiosk,3,eva,1\n", "")}, "1 records have no label", UsageError),
        ({"people": "numero;quien\n1;Ana\n"}, "does not fit .*crm_contacts.yml", RefusedByData),
    ],
)
def test_files_that_do_not_fit_are_refused_by_name(tmp_path, files, change, told, kind):
    for name, text in change.items():
        files[name].unlink()
        if text is not None:
            files[name].write_text(text)
    with pytest.raises(kind, match=told):
        evaluated(tmp_path / "home", files)


def test_records_without_a_contract_need_their_key(tmp_path, files):
    with pytest.raises(UsageError, match="no column source_record_id"):
        run(tmp_path, "train", "--records", files["people"])


PLAIN = (
    "source_record_id,full_name,email,birth_date\n1,Ana Gil,a@x.es,1980-05-06\n2,Ana Gil,a@x.es,\n"
)
TRUTH = "source_record_id,person_id\n1,ana\n2,ana\n"


@pytest.mark.parametrize(
    ("people", "truth", "told"),
    [
        (PLAIN.replace("full_", "").replace("email", "mail").replace("birth_date", "born"), TRUTH,
         r"people\.csv: no column says who anybody is; there are: born, mail, name, source"),
        (PLAIN + "1,Eva Mar,e@x.es,\n", TRUTH, r"people\.csv: 1 records .* records:1 \(2\)"),
        (PLAIN + ",Eva Mar,e@x.es,\n", TRUTH, r"people\.csv: 1 records .* such as no key \(1\)\."),
        (PLAIN, TRUTH + "2,ana\n1,eva\n", r"truth\.csv: 2 .* records:1 \(2\), records:2 \(2\)\."),
        (PLAIN + "3,María,,\n", TRUTH, r"people\.csv cannot be read: it is not UTF-8\. Save it as"),
        (PLAIN, TRUTH + "3,josé\n", r"truth\.csv cannot be read: it is not UTF-8\. Save it as"),
    ],
)  # fmt: skip
def test_without_a_contract_what_does_not_fit_is_refused_by_name(
    tmp_path, files, people, truth, told
):
    files["people"].write_text(people, encoding="latin-1")
    files["truth"].write_text(truth, encoding="latin-1")
    with pytest.raises(UsageError, match=told):
        run(tmp_path, "evaluate", "--records", files["people"], "--labels", files["truth"])


def test_columns_and_dates_that_are_not_used_are_told(tmp_path, files):
    files["people"].write_text(
        PLAIN.replace("\n", ",,\n").replace("date,,", "date,shoe,hat") + "3,Eva Mar,,06/05/1980,,\n"
    )
    files["truth"].write_text(TRUTH + "3,eva\n")
    given = ["--records", files["people"], "--labels", files["truth"], "--no-train"]
    told = json.loads(run(tmp_path, "evaluate", *given, "--json"))
    assert (told["records"], told["pairwise"]["recall"]) == (3, 1.0)
    unused, dates = told["alarms"]
    assert unused == "columns not used: hat, shoe"
    assert dates.startswith("1 values of birth_date are no dates such as 1980-05-31")
    assert "(06/05/1980); a contract" in dates


def test_nothing_landed_is_no_base_to_train_on(tmp_path):
    with pytest.raises(RefusedByData, match="Nothing has landed"):
        run(tmp_path, "train")
