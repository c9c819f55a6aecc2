"""Which of the pairs that may link do not after all: plain arrays in and out, no database.

An edge is a pair of records, ``a`` and ``b``, and its weight in bits; a steward's is infinite.
"""

from __future__ import annotations

import numpy as np

from cartera.identity.clustering import Bools, Floats, Ints, components

# A record without a whole name joins a person only if it is by so many bits nearer than the next.
MARGIN_BITS = 3.0
# What hangs together through pairs is looked at pair by pair; larger parts are first cut at
# their weakest links.
LARGEST_COMPONENT = 250


def bounded(n: int, a: Ints, b: Ints, weight: Floats) -> Bools:
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


def among(a: Ints, b: Ints, veto_a: Ints, veto_b: Ints) -> Bools:
    """Which edges are between two records that contradict each other themselves."""
    base = int(max(a.max(initial=0), b.max(initial=0), veto_b.max(initial=0))) + 1
    edges = np.minimum(a, b) * base + np.maximum(a, b)
    return np.isin(edges, np.minimum(veto_a, veto_b) * base + np.maximum(veto_a, veto_b))


def overruled(n: int, a: Ints, b: Ints, stated: Bools, veto_a: Ints, veto_b: Ints) -> Bools:
    """Vetoes that a steward overrules, whose edges are ``stated``.

    Who joins two records that contradict each other speaks for those that go with them: the
    records of her old name stay hers, though they contradict the one of her new name. Who joins
    two that do not has overruled nothing.
    """
    against = among(a, b, veto_a, veto_b)
    whole = components(n, a[stated], b[stated])
    spoken = np.zeros(n, bool)
    spoken[whole[a[stated & against]]] = True
    free = ~stated & ~against
    groups = among(whole[veto_a], whole[veto_b], whole[a[free]], whole[b[free]])
    found: Bools = groups & (spoken[whole[veto_a]] | spoken[whole[veto_b]])
    return found


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


def followers(
    a: Ints, b: Ints, weight: Floats, open_edges: Bools, labels: Ints, is_nameless: Bools
) -> Ints:
    """Of ``open_edges`` those by which records without a whole name follow one person, never two.

    Each such record keeps its strongest edge to the person that it is clearly nearest to; one
    that is as near to two people follows neither. Those that follow nobody join each other.
    ``labels`` and ``is_nameless`` tell of each record its person and whether it lacks a name.
    """
    edges = np.flatnonzero(open_edges)
    if not len(edges):
        return edges
    # An edge from a record without a whole name to one with a whole name.
    to_named = is_nameless[a[edges]] != is_nameless[b[edges]]
    rows = edges[to_named]
    follower = np.where(is_nameless[a[rows]], a[rows], b[rows])
    person = labels[np.where(is_nameless[a[rows]], b[rows], a[rows])]
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
    follows = np.zeros(len(labels), bool)
    follows[follower[first]] = True
    alone = edges[~to_named]
    alone = alone[~follows[a[alone]] & ~follows[b[alone]]]
    return np.concatenate([following, alone])
