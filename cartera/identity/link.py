"""Which source records are one person: block, score, guard, cluster.

Reads ``work.identity.records`` and what stewards said (``must_links``, ``cannot_links``);
writes ``work.identity.links``, ``pairs``, ``clusters``, ``shared_identifiers`` and ``kept_apart``.
The same records give the same tables in whatever order they come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from cartera.identity import blocking, guards, kept_pairs, scoring
from cartera.identity.clustering import Bools, Floats, Ints, cluster, components
from cartera.identity.comparisons import COMPARISONS, is_at
from cartera.identity.model import Model, bits_of

# A record without a whole name joins a person only if it is by so many bits nearer than the next.
MARGIN_BITS = 3.0
# What hangs together through pairs is looked at pair by pair; larger parts are first cut at
# their weakest links.
LARGEST_COMPONENT = 250


@dataclass
class Linked:
    """What linking came to, and what a steward should look at."""

    blocked: blocking.Blocked
    compared: int = 0
    largest_cluster: int = 1
    refused_for_size: int = 0
    alarms: list[str] = field(default_factory=list)


def link(
    connection: duckdb.DuckDBPyConnection, model: Model, *, state: Path | None = None
) -> Linked:
    """Link and cluster all records with a frozen model.

    With ``state`` the scores of pairs are kept there, and those kept before are not computed
    again; the result is the same.
    """
    make_steward_tables(connection)
    guards.make_shared(connection)
    guards.make_comparable(connection)
    blocked = blocking.make_blocks(connection)
    result = Linked(blocked)
    pairs = kept_pairs.kept_pairs(state, model) if state else None
    if pairs:
        kept_pairs.make_fingerprints(connection)
    known = pairs is not None and kept_pairs.read_pairs(connection, pairs)
    blocking.make_candidates(connection, only_changed=known)
    result.compared = scoring.score(connection, model, "candidates", "scored")
    if known:
        connection.execute("insert into scored by name select * from kept")
    if pairs and (result.compared or not known):
        kept_pairs.write_pairs(connection, pairs)
    records = connection.execute("select count(*) from work.identity.records").fetchall()[0][0]
    prior = model.prior_bits(records)
    _judge(connection, model, prior)
    _cluster(connection, model, records, result)
    _write(connection, model)
    _sound_alarms(result)
    return result


def make_steward_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """What stewards said, empty if nobody said anything."""
    for name in ("must_links", "cannot_links"):
        connection.execute(
            f"create table if not exists work.identity.{name} "
            "(record_a bigint, record_b bigint, reason varchar)"
        )


def _judge(connection: duckdb.DuckDBPyConnection, model: Model, prior: float) -> None:
    """Temp table ``judged``: each scored pair, its weight, its veto, and whether it may link."""
    connection.execute(
        f"""
        create or replace temp table judged as
        with conflicting as (
            select scored.*, {guards.TAX_CONFLICT}
                as tax_conflict
            from (
                select scored.*, a.tax_key as tax_key_l, a.tax_kind as tax_kind_l,
                    b.tax_key as tax_key_r, b.tax_kind as tax_kind_r,
                    a.given_key is null or a.surname_key is null or b.given_key is null
                        or b.surname_key is null as is_partial,
                    (a.given_key is null or b.given_key is null)
                        and coalesce(a.is_several_email, false) as is_several
                from scored join comparable a on a.record = record_a
                join comparable b on b.record = record_b
            ) scored
        ),
        vetoed as (
            select *, {guards.veto(has_families=model.has_families)} as veto,
                {guards.has_evidence(has_families=model.has_families)} as has_evidence
            from conflicting
        )
        select * exclude (tax_key_l, tax_key_r, tax_kind_l, tax_kind_r),
            bits + {prior!r} as weight,
            veto is null and has_evidence
                -- A family's or an office's mailbox says nothing about who wrote without a name.
                and not (is_several and {is_at("email", "equal", "domain")}
                    and not {is_at("phone", "equal")})
                and (bits + {prior!r} >= {bits_of(model.link_at)!r}
                    or {is_at("tax_id", "equal")} or {is_at("loyalty_number", "equal")})
                as may_link
        from vetoed
        """
    )


def _cluster(
    connection: duckdb.DuckDBPyConnection, model: Model, records: int, result: Linked
) -> None:
    edges = connection.execute(
        "select record_a, record_b, weight, is_partial from judged where may_link "
        "order by record_a, record_b"
    ).fetchnumpy()
    must = connection.execute(
        "select record_a, record_b from work.identity.must_links"
    ).fetchnumpy()
    a = np.concatenate([edges["record_a"], must["record_a"]]).astype(np.int64)
    b = np.concatenate([edges["record_b"], must["record_b"]]).astype(np.int64)
    weight = np.concatenate([edges["weight"], np.full(len(must["record_a"]), np.inf)])
    partial = np.concatenate([edges["is_partial"], np.zeros(len(must["record_a"]), bool)])
    partial = partial.astype(bool)

    sound = _bounded(records, a, b, weight)
    veto_a, veto_b = _vetoes(connection, model, components(records, a[sound], b[sound]))
    stated = connection.execute(
        "select least(record_a, record_b) as a, greatest(record_a, record_b) as b "
        "from work.identity.cannot_links order by all"
    ).fetchnumpy()
    married = _overruled(records, a, b, weight, veto_a, veto_b)
    veto_a = np.concatenate([veto_a[~married], stated["a"].astype(np.int64)])
    veto_b = np.concatenate([veto_b[~married], stated["b"].astype(np.int64)])
    sound &= ~(_among(a, b, veto_a, veto_b) & (weight < np.inf))
    open_edges = np.flatnonzero(sound)
    between = between_two(a[sound], b[sound], weight[sound], veto_a, veto_b)
    sound[open_edges[between]] = False
    named = sound & ~partial
    first = cluster(records, a[named], b[named], weight[named], veto_a, veto_b)
    followers = _followers(connection, records, a, b, weight, sound & partial, first.labels)
    chosen = np.flatnonzero(named)
    chosen = np.concatenate([chosen, followers])
    final = cluster(records, a[chosen], b[chosen], weight[chosen], veto_a, veto_b)
    result.refused_for_size = int(final.too_large.sum())
    sizes = np.bincount(final.labels) if records else np.zeros(1, np.int64)
    result.largest_cluster = int(sizes.max()) if records else 0
    table = pa.table({"record": pa.array(np.arange(records)), "cluster": pa.array(final.labels)})
    connection.register("clusters_arrow", table)
    connection.execute(
        "create or replace table work.identity.clusters as select record, cluster, "
        "count(*) over (partition by cluster) as cluster_size from clusters_arrow order by record"
    )
    connection.unregister("clusters_arrow")


def _bounded(n: int, a: Ints, b: Ints, weight: Floats) -> Bools:
    """Which edges stay so that no component is too large to look at: the weakest go first."""
    kept = np.ones(len(a), bool)
    floor = 0.0
    while len(a):
        labels = components(n, a[kept], b[kept])
        large = np.bincount(labels, minlength=n) > LARGEST_COMPONENT
        cut = kept & large[labels[a]] & (weight < np.inf)
        if not cut.any():
            break
        floor = max(floor, float(weight[cut].min())) + 2
        kept &= ~(cut & (weight < floor))
    return kept


def _among(a: Ints, b: Ints, veto_a: Ints, veto_b: Ints) -> Bools:
    """Which edges are between two records that contradict each other themselves."""
    base = int(max(a.max(initial=0), b.max(initial=0), veto_b.max(initial=0))) + 1
    edges = np.minimum(a, b) * base + np.maximum(a, b)
    return np.isin(edges, np.minimum(veto_a, veto_b) * base + np.maximum(veto_a, veto_b))


def _overruled(n: int, a: Ints, b: Ints, weight: Floats, veto_a: Ints, veto_b: Ints) -> Bools:
    """Vetoes that a must-link overrules: it speaks for records that others go with.

    The records of her old name stay hers, though they contradict the one of her new name.
    """
    must = weight == np.inf
    whole = components(n, a[must], b[must])
    free = ~must & ~_among(a, b, veto_a, veto_b)
    groups = _among(whole[veto_a], whole[veto_b], whole[a[free]], whole[b[free]])
    size = np.bincount(whole, minlength=n)
    overruled: Bools = groups & ((size[whole[veto_a]] > 1) | (size[whole[veto_b]] > 1))
    return overruled


def between_two(a: Ints, b: Ints, weight: Floats, veto_a: Ints, veto_b: Ints) -> Bools:
    """Edges of a record that is about as near to two others who contradict each other.

    Ana Crespo on the mailbox of Ana Crespo López and Ana Crespo Calvo is neither's.
    """
    dropped = np.zeros(len(a), bool)
    if not len(veto_a) or not len(a):
        return dropped
    # Each edge from both its ends, in order of the far end, so that a record's are a slice.
    far, near = np.concatenate([a, b]), np.concatenate([b, a])
    edge = np.concatenate([np.arange(len(a)), np.arange(len(a))])
    order = np.lexsort((near, far))
    far, near, edge = far[order], near[order], edge[order]
    x, y = np.concatenate([veto_a, veto_b]), np.concatenate([veto_b, veto_a])
    start, stop = np.searchsorted(far, x), np.searchsorted(far, x, side="right")
    count = stop - start
    veto = np.repeat(np.arange(len(x)), count)
    position = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + start[veto]
    middle, mine = near[position], edge[position]
    # Is there an edge from the one between to the other end of the veto as well?
    base = int(max(far.max(initial=0), x.max(initial=0), y.max(initial=0))) + 1
    keys = far * base + near
    wanted = y[veto] * base + middle
    found = np.searchsorted(keys, wanted)
    found[found == len(keys)] = 0
    both = keys[found] == wanted
    other = edge[found]
    close = both & (weight[mine] < weight[other] + MARGIN_BITS) & (weight[mine] < np.inf)
    dropped[mine[close]] = True
    return dropped


def _vetoes(connection: duckdb.DuckDBPyConnection, model: Model, labels: Ints) -> tuple[Ints, Ints]:
    """Who contradicts whom within what hangs together."""
    connection.register(
        "labels_arrow", pa.table({"record": np.arange(len(labels)), "label": labels})
    )
    connection.execute(
        """
        create or replace temp table together as
        select record, label from labels_arrow
        qualify count(*) over (partition by label) > 2;
        create or replace temp table inside as
        select a.record as record_a, b.record as record_b
        from together a join together b on a.label = b.label and a.record < b.record;
        """
    )
    connection.unregister("labels_arrow")
    found = connection.execute(
        f"""
        select record_a, record_b from ({guards.compare("inside")})
        where {guards.veto(has_families=model.has_families)} is not null
        """
    ).fetchnumpy()
    connection.execute("drop table together; drop table inside")
    return found["record_a"].astype(np.int64), found["record_b"].astype(np.int64)


def _followers(
    connection: duckdb.DuckDBPyConnection,
    records: int,
    a: Ints,
    b: Ints,
    weight: Floats,
    among: Bools,
    labels: Ints,
) -> Ints:
    """The edges by which records without a whole name follow one person, and never two.

    Each such record keeps its strongest edge to the person that it is clearly nearest to; one
    that is as near to two people follows neither. Those that follow nobody join each other.
    """
    edges = np.flatnonzero(among)
    if not len(edges):
        return edges
    partial = (
        connection.execute(
            "select given_key is null or surname_key is null as is_partial from comparable "
            "order by record"
        )
        .fetchnumpy()["is_partial"]
        .astype(bool)
    )
    # An edge from a record without a whole name to one with a whole name.
    to_named = partial[a[edges]] != partial[b[edges]]
    rows = edges[to_named]
    follower = np.where(partial[a[rows]], a[rows], b[rows])
    person = labels[np.where(partial[a[rows]], b[rows], a[rows])]
    order = np.lexsort((rows, person, -weight[rows], follower))
    rows, follower, person = rows[order], follower[order], person[order]
    starts = np.ones(len(rows), bool)
    starts[1:] = follower[1:] != follower[:-1]
    group = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    other = person != person[first][group]
    close = other & (weight[rows] > weight[rows][first][group] - MARGIN_BITS)
    ambiguous = np.zeros(len(first), bool)
    np.logical_or.at(ambiguous, group[close], True)
    following = rows[first[~ambiguous]]
    follows = np.zeros(records, bool)
    follows[follower[first]] = True
    alone = edges[~to_named]
    alone = alone[~follows[a[alone]] & ~follows[b[alone]]]
    return np.concatenate([following, alone])


def _write(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """``links`` and ``pairs``."""
    whys = ", ".join(_evidence(model))
    connection.execute(
        f"""
        create or replace table work.identity.pairs as
        select record_a, record_b, weight, 1 / (1 + pow(2, -least(weight, 500))) as probability,
            case
                when a.cluster = b.cluster then 'linked'
                when veto is not null or may_link then 'vetoed'
                when weight >= {bits_of(model.review_from)!r} and has_evidence then 'grey'
                else 'below'
            end as decision,
            case when a.cluster <> b.cluster then
                coalesce(veto, case when may_link then 'a record between them' end) end as veto,
            '{{' || concat_ws(',', {whys}) || '}}' as evidence,
            may_link,
            case when {is_at("tax_id", "equal")} then 'tax_id'
                when {is_at("loyalty_number", "equal")} then 'loyalty_number'
                when {is_at("email", "equal")} then 'email'
                when {is_at("phone", "equal")} then 'phone' else 'model' end as linked_by
        from judged
        join work.identity.clusters a on a.record = record_a
        join work.identity.clusters b on b.record = record_b
        where weight >= {bits_of(model.review_from)!r} or may_link
        order by record_a, record_b;

        create or replace table work.identity.links as
        select record_a, record_b, linked_by, weight, evidence
        from work.identity.pairs where decision = 'linked' and may_link
        union all
        select record_a, record_b, if(reason = 'renumbered', reason, 'steward'), null, null
        from work.identity.must_links
        order by record_a, record_b, linked_by;

        alter table work.identity.pairs drop column may_link;

        -- Values of strong keys that two people hold, since something else contradicts.
        create or replace table work.identity.kept_apart as
        with parted as (
            select judged.*, coalesce(veto, 'a record between them') as reason
            from judged
            join work.identity.clusters a on a.record = record_a
            join work.identity.clusters b on b.record = record_b
            where a.cluster <> b.cluster and (veto is not null or may_link)
        )
        select kind, value, min(reason) as reason from (
            select 'tax_id' as kind, tax_key as value, reason
            from parted join work.identity.records on record = record_a
            where {is_at("tax_id", "equal")}
            union all
            select 'loyalty_number', loyalty_key, reason
            from parted join work.identity.records on record = record_a
            where {is_at("loyalty_number", "equal")}
            union all
            select 'email', email_key, reason
            from parted join work.identity.records on record = record_a
            where {is_at("email", "equal")}
        ) group by kind, value order by kind, value;
        """
    )


def _evidence(model: Model) -> list[str]:
    """For each comparison a JSON member: the level in words and its weight in bits, as SQL."""
    parts = []
    for comparison in COMPARISONS:
        whens = " ".join(
            f"when {comparison.number(level.key)} then "
            f'\'"{comparison.name}":{{"level":"{level.words}",'
            f'"bits":{model.bits(comparison.name, level.key):.1f}}}\''
            for level in comparison.levels
        )
        parts.append(f"case gamma_{comparison.name} {whens} end")
    return parts


def _sound_alarms(result: Linked) -> None:
    blocked = result.blocked
    if blocked.left_out_blocks:
        result.alarms.append(
            f"{blocked.left_out_blocks:,} values are on more than {blocked.largest} records each "
            f"({blocked.left_out_records:,} in all) and were not used to find pairs"
        )
    if result.refused_for_size:
        result.alarms.append(
            f"{result.refused_for_size:,} links were refused: they would have made a person "
            "of too many records"
        )
