"""From accepted pairs to people: strongest first, and no chain across a veto.

Plain arrays in and out, no database: the same graph gives the same clusters in whatever order
its edges come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# More records than this are hardly one person: the join that would make them is refused, and told.
LARGEST_CLUSTER = 60


@dataclass(frozen=True)
class Clusters:
    """``labels[record]`` is the lowest record of its cluster; which edges were refused, and why."""

    labels: Ints
    vetoed: Bools
    too_large: Bools


def components(n: int, a: Ints, b: Ints) -> Ints:
    """Connected components of ``n`` nodes: for each the lowest node of its component."""
    if n == 0:
        return np.zeros(0, np.int64)
    # A quarter of what a command would take to start, and few commands cluster.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(n, n))
    count, labels = connected_components(graph, directed=False)
    lowest = np.full(count, n, np.int64)
    np.minimum.at(lowest, labels, np.arange(n))
    found: Ints = lowest[labels]
    return found


def cluster(
    n: int,
    a: Ints,
    b: Ints,
    weight: Floats,
    veto_a: Ints,
    veto_b: Ints,
    largest: int = LARGEST_CLUSTER,
) -> Clusters:
    """Join the ends of each edge, strongest first, unless a veto stands between their clusters.

    Edges of infinite weight join whatever the vetoes and the size. Equal weights go by the lower
    records. ``vetoed`` and ``too_large`` tell for each edge whether it was refused.
    """
    vetoed = np.zeros(len(a), bool)
    too_large = np.zeros(len(a), bool)
    whole = components(n, a, b)
    # Most components have no veto and are small: they are clusters as they stand.
    size = np.bincount(whole, minlength=n)
    inside = whole[veto_a] == whole[veto_b]
    difficult = np.zeros(n, bool)
    difficult[whole[veto_a[inside]]] = True
    difficult |= size > largest
    edges = np.flatnonzero(difficult[whole[a]]) if n else np.zeros(0, np.int64)
    labels = whole
    if len(edges):
        low, high = np.minimum(a[edges], b[edges]), np.maximum(a[edges], b[edges])
        edges = edges[np.lexsort((high, low, -weight[edges]))]
        apart = _Apart(veto_a[inside], veto_b[inside], largest)
        for edge, x, y, strength in zip(
            edges.tolist(),
            a[edges].tolist(),
            b[edges].tolist(),
            weight[edges].tolist(),
            strict=True,
        ):
            refused = apart.join(x, y, always=strength == np.inf)
            vetoed[edge] = refused == "veto"
            too_large[edge] = refused == "size"
        labels = whole.copy()
        loose = np.flatnonzero(difficult[whole])
        labels[loose] = [apart.lowest(node) for node in loose.tolist()]
    return Clusters(labels, vetoed, too_large)


class _Apart:
    """Union-find that knows who must stay apart."""

    def __init__(self, veto_a: Ints, veto_b: Ints, largest: int) -> None:
        self.parent: dict[int, int] = {}
        self.members: dict[int, list[int]] = {}
        self.enemies: dict[int, set[int]] = {}
        self.largest = largest
        for x, y in zip(veto_a.tolist(), veto_b.tolist(), strict=True):
            self.enemies.setdefault(x, set()).add(y)
            self.enemies.setdefault(y, set()).add(x)

    def find(self, node: int) -> int:
        root = node
        while (above := self.parent.get(root, root)) != root:
            root = above
        while (above := self.parent.get(node, node)) != root:
            self.parent[node] = root
            node = above
        return root

    def lowest(self, node: int) -> int:
        root = self.find(node)
        return min(self.members.get(root, [root]))

    def join(self, x: int, y: int, *, always: bool) -> str | None:
        """Join the clusters of two nodes; says why not."""
        x, y = self.find(x), self.find(y)
        if x == y:
            return None
        mine, other = self.members.get(x, [x]), self.members.get(y, [y])
        if len(mine) < len(other):
            x, y, mine, other = y, x, other, mine
        enemies = self.enemies.get(x)
        if not always:
            if enemies and not enemies.isdisjoint(other):
                return "veto"
            if len(mine) + len(other) > self.largest:
                return "size"
        self.parent[y] = x
        self.members[x] = mine + other
        self.members.pop(y, None)
        theirs = self.enemies.pop(y, None)
        if theirs:
            self.enemies[x] = (enemies or set()) | theirs
        return None
