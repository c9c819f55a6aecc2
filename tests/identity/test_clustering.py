"""Clusters are what strongest-first joining under vetoes gives, by an oracle in networkx."""

from __future__ import annotations

import itertools

import networkx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cartera.identity.clustering import cluster, components
from cartera.identity.edges import between_two

NODES = 12
pairs = st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)).filter(
    lambda p: p[0] < p[1]
)
edges = st.lists(st.tuples(pairs, st.integers(0, 5)), max_size=30, unique_by=lambda e: e[0])
vetoes = st.lists(pairs, max_size=10, unique=True)


def oracle(edges, vetoes, largest):
    """Add the edges one by one, strongest first, to a graph, and take back what breaks a rule."""
    graph = networkx.Graph()
    graph.add_nodes_from(range(NODES))
    for (a, b), _ in sorted(edges, key=lambda e: (-e[1], e[0])):
        if networkx.has_path(graph, a, b):
            continue
        graph.add_edge(a, b)
        together = networkx.node_connected_component(graph, a)
        if len(together) > largest or any(x in together and y in together for x, y in vetoes):
            graph.remove_edge(a, b)
    return {frozenset(part) for part in networkx.connected_components(graph)}


def clustered(edges, vetoes, largest):
    a = np.array([e[0][0] for e in edges], np.int64)
    b = np.array([e[0][1] for e in edges], np.int64)
    weight = np.array([e[1] for e in edges], float)
    x = np.array([v[0] for v in vetoes], np.int64)
    y = np.array([v[1] for v in vetoes], np.int64)
    return cluster(NODES, a, b, weight, x, y, largest)


def parts(labels):
    return {
        frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels).tolist()
    }


@given(edges, vetoes, st.sampled_from([3, 5, NODES]))
def test_clusters_agree_with_networkx_on_random_graphs_with_random_vetoes(edges, vetoes, largest):
    assert parts(clustered(edges, vetoes, largest).labels) == oracle(edges, vetoes, largest)


@given(edges, vetoes, st.randoms(use_true_random=False))
def test_the_order_of_edges_and_vetoes_changes_nothing(edges, vetoes, random):
    first = clustered(edges, vetoes, NODES).labels
    random.shuffle(edges)
    random.shuffle(vetoes)
    assert np.array_equal(first, clustered(edges, vetoes, NODES).labels)


@given(edges, vetoes)
def test_no_cluster_holds_two_that_contradict_each_other(edges, vetoes):
    labels = clustered(edges, vetoes, NODES).labels
    assert all(labels[x] != labels[y] for x, y in vetoes)


@given(edges)
def test_without_vetoes_clusters_are_the_connected_components(edges):
    graph = networkx.Graph([e[0] for e in edges])
    graph.add_nodes_from(range(NODES))
    expected = {frozenset(part) for part in networkx.connected_components(graph)}
    assert parts(clustered(edges, [], NODES).labels) == expected


def test_a_must_link_joins_across_a_veto_and_over_the_size():
    labels = cluster(
        4,
        np.array([0, 1, 2]),
        np.array([1, 2, 3]),
        np.array([np.inf, 3.0, np.inf]),
        np.array([0, 1]),
        np.array([1, 3]),
        1,
    ).labels
    assert labels.tolist() == [0, 0, 2, 2]


def test_what_was_refused_is_told_with_its_reason():
    found = cluster(
        4, np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([9.0, 5.0, 3.0]),
        np.array([0]), np.array([2]), 2,
    )  # fmt: skip
    assert found.vetoed.tolist() == [False, True, False]
    assert found.labels.tolist() == [0, 0, 2, 2]


def test_no_records_make_no_clusters():
    empty = np.zeros(0, np.int64)
    assert len(cluster(0, empty, empty, np.zeros(0), empty, empty).labels) == 0
    assert len(components(0, empty, empty)) == 0


@given(edges, vetoes)
def test_who_is_as_near_to_two_who_contradict_each_other_is_taken_from_both(edges, vetoes):
    a = np.array([e[0][0] for e in edges], np.int64)
    b = np.array([e[0][1] for e in edges], np.int64)
    weight = np.array([e[1] for e in edges], float)
    x = np.array([v[0] for v in vetoes], np.int64)
    y = np.array([v[1] for v in vetoes], np.int64)
    expected = [False] * len(edges)
    for (one, other), (mine, theirs) in itertools.product(vetoes, [(0, 1), (1, 0)]):
        ends = ((one, other)[mine], (one, other)[theirs])
        for i, (pair, strength) in enumerate(edges):
            for rival, rivals in edges:
                between = (set(pair) - {ends[0]}) & (set(rival) - {ends[1]})
                if ends[0] in pair and ends[1] in rival and between and strength < rivals + 3:
                    expected[i] = True
    assert between_two(a, b, weight, x, y).tolist() == expected
