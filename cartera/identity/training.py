"""A model for this company's data, trained without labels and held to its anchors.

What strangers have in common (u) is counted on random pairs. What matches have in common (m) is
counted on pairs that are linked without the column in question. A probability may move from its
anchor by a factor of ``FARTHEST``, no more: left alone, such counts learn families as matches.
E-mail, phone and numbers keep theirs: random pairs never share them by chance, only by family.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb

from cartera.identity import guards
from cartera.identity.comparisons import COMPARISONS, ELSE, is_at
from cartera.identity.model import Model, bits_of

TRAINED = ("given", "surname", "birth_date", "address")
# How far a trained probability may be from its anchor. What a town is worth differs most.
FARTHEST = {"m": 4.0, "u": 64.0}
# As many pairs seen as this weigh as much as the anchor.
ANCHOR_PAIRS = 200
RANDOM_PAIRS = 500_000
# A pair tells about a column if the others alone make it so sure.
SURE = 0.95
# Of people of one house and surname, so many must differ in birth date to speak of families.
FAMILY_SHARE = 0.1


def train(connection: duckdb.DuckDBPyConnection, model: Model) -> Model:
    """A model trained on the records that were just linked with ``model``."""
    strangers = _strangers(connection)
    levels = dict(model.levels)
    for comparison in COMPARISONS:
        if comparison.name not in TRAINED:
            continue
        u = _counts(connection, strangers, comparison.name)
        own = " ".join(
            f"when {comparison.number(key)} then {model.bits(comparison.name, key)!r}"
            for key in model.levels[comparison.name]
        )
        sure = (
            f"(select * from judged where veto is null and weight "
            f"- case gamma_{comparison.name} {own} else 0 end >= {bits_of(SURE)!r})"
        )
        m = _counts(connection, sure, comparison.name)
        trained = {}
        for level in comparison.levels:
            number = comparison.number(level.key)
            anchor_m, anchor_u = model.levels[comparison.name][level.key]
            trained[level.key] = (
                _held(m.get(number, 0), sum(m.values()), anchor_m, FARTHEST["m"]),
                _held(u.get(number, 0), sum(u.values()), anchor_u, FARTHEST["u"]),
            )
        levels[comparison.name] = trained
    return replace(
        model,
        version=f"{model.version}+",
        trained_on="this company's records",
        matches_per_record=_matches_per_record(connection, model),
        has_families=_has_families(connection),
        levels=levels,
    )


def _held(count: int, total: int, anchor: float, farthest: float) -> float:
    """A share, drawn to its anchor where little was seen, and never far from it."""
    share = (count + anchor * ANCHOR_PAIRS) / (total + ANCHOR_PAIRS)
    return min(max(share, anchor / farthest), anchor * farthest, 0.999)


def _strangers(connection: duckdb.DuckDBPyConnection) -> str:
    """Random pairs, compared: each record with some that lie a fixed stride behind it.

    Pairs that were linked are left out: of a small base, random pairs are often one person.
    """
    records = connection.execute("select count(*) from comparable").fetchall()[0][0]
    strides = max(1, min(100, RANDOM_PAIRS // max(records, 1)))
    connection.execute(
        f"""
        create or replace temp table stranger_pairs as
        select distinct least(record, other) as record_a, greatest(record, other) as record_b
        from (
            select record, (hash(record, stride) % {max(records, 1)})::bigint as other
            from comparable, range({strides}) strides(stride)
        );
        -- A join on "another cluster" would look at all pairs there are.
        delete from stranger_pairs using work.identity.clusters one, work.identity.clusters other
        where one.record = record_a and other.record = record_b and one.cluster = other.cluster;
        create or replace temp table strangers as {guards.compare("stranger_pairs")};
        drop table stranger_pairs;
        """
    )
    return "strangers"


def _counts(connection: duckdb.DuckDBPyConnection, pairs: str, name: str) -> dict[int, int]:
    """How many pairs are at each level of a comparison, where it says anything."""
    return dict(
        connection.execute(
            f"select gamma_{name}, count(*) from {pairs} pairs where gamma_{name} >= 0 group by 1"
        ).fetchall()
    )


def _matches_per_record(connection: duckdb.DuckDBPyConnection, model: Model) -> float:
    """Pairs that are one person, by record: what the first linking found, near its anchor."""
    share: float = connection.execute(
        "select (select count(*) from work.identity.pairs where decision = 'linked') "
        "/ greatest((select count(*) from comparable), 1)"
    ).fetchall()[0][0]
    return min(max(share, model.matches_per_record / 4), model.matches_per_record * 4)


def _has_families(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether people of one house and surname are often several, by their birth dates."""
    differ, told = connection.execute(
        f"""
        select count(*) filter ({is_at("birth_date", ELSE)}), count(*)
        from ({guards.compare("candidates")})
        where {is_at("address", "equal")} and not {is_at("surname", ELSE)}
            and gamma_surname >= 0 and gamma_birth_date >= 0
        """
    ).fetchall()[0]
    return bool(told < ANCHOR_PAIRS or differ >= FAMILY_SHARE * told)
