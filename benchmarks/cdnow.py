"""How the models foresee CDNOW's 39 weeks held out; draws docs/prediction.svg.

    python -m benchmarks.cdnow docs/prediction.svg

Fits on the first 39 weeks and prints a Markdown table of total, error and ranking beside two
baselines: nobody buys again, and everybody who was silent longer is likelier gone. The figure shows
the mean of the orders that came, and of those expected, by the number of repeat purchases.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from cartera.prediction import bg_nbd, pareto_nbd
from cartera.prediction.fit import Least, fit_bg_nbd, fit_pareto_nbd
from cartera.prediction.histories import Cells, Histories
from tests.prediction import cdnow

Numbers = NDArray[np.float64]
MOST = 7
WIDTH, HEIGHT, LEFT, BOTTOM = 640, 360, 56, 48
LINES = (("came", "#111111", ""), ("BG/NBD", "#0072b2", "6 3"), ("Pareto/NBD", "#d55e00", "2 3"))


def forecasts() -> tuple[NDArray[np.int64], NDArray[np.int64], dict[str, Numbers], Numbers]:
    """x and what came, by customer; what each model expects; the risk of no order."""
    people = list(cdnow.customers().values())
    x, recency, age, later = np.array([(c.x, c.recency, c.age, c.later) for c in people]).T
    histories = Histories.group(x, recency, age)
    rows = np.stack([histories.x, histories.recency, histories.age]).T.tolist()
    at = {tuple(row): number for number, row in enumerate(rows)}
    own = np.array([at[c.x, c.recency, c.age] for c in people])
    as_of = cdnow.CALIBRATED_TO + timedelta(days=1)
    orders = fit_bg_nbd(histories, as_of, Least()).vector
    life = fit_pareto_nbd(histories, as_of, Least()).vector
    if orders is None or life is None:
        raise SystemExit("CDNOW was not fitted.")
    cells = Cells(x, age, np.arange(len(x)))
    alive = pareto_nbd.p_alive(life, histories)[own]
    expected = {
        "BG/NBD": bg_nbd.p_alive(orders, histories)[own]
        * bg_nbd.expected_orders(orders, cells, cdnow.WEEKS),
        "Pareto/NBD": alive * pareto_nbd.expected_orders(life, cells, cdnow.WEEKS),
    }
    silent = pareto_nbd.no_order(life, cells, cdnow.HELD_OUT_DAYS)
    risks = {
        "churn_risk": 1 - alive * (1 - silent),
        "1 - p_alive, Pareto/NBD": 1 - alive,
        "1 - p_alive, BG/NBD": 1 - bg_nbd.p_alive(orders, histories)[own],
        "days since the last order": (age - recency).astype(np.float64),
    }
    print("| forecast | orders in all | error per customer |\n| --- | ---: | ---: |")
    print(f"| what came | {later.sum():,} | |\n| nobody buys again | 0 | {later.mean():.3f} |")
    for name, values in expected.items():
        print(f"| {name} | {values.sum():,.0f} | {np.abs(values - later).mean():.3f} |")
    print("\n| ranks who did not come back by | AUC |\n| --- | ---: |")
    for name, values in risks.items():
        print(f"| {name} | {auc(values, later == 0):.3f} |")
    print(f"\nMean churn_risk {risks['churn_risk'].mean():.3f}, gone {(later == 0).mean():.3f}.")
    return x, later, expected, risks["churn_risk"]


def auc(risk: Numbers, is_gone: NDArray[np.bool_]) -> float:
    """The chance that of one who is gone and one who is not, the first had the higher risk."""
    gone = int(is_gone.sum())
    pairs = gone * (len(risk) - gone)
    return float((rankdata(risk)[is_gone].sum() - gone * (gone + 1) / 2) / pairs)


def draw(x: NDArray[np.int64], series: list[Numbers]) -> str:
    """An SVG: mean of each series by x, those of MOST and more together."""
    groups = np.minimum(x, MOST)
    means = [[float(values[groups == k].mean()) for k in range(MOST + 1)] for values in series]
    top = np.ceil(max(map(max, means)))
    across = (WIDTH - LEFT - 20) / MOST
    up = (HEIGHT - BOTTOM - 20) / top

    def place(k: int, value: float) -> str:
        return f"{LEFT + across * k:.1f},{HEIGHT - BOTTOM - up * value:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">',
        "<title>Orders in weeks 40 to 78 by repeat purchases in weeks 1 to 39</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for value in range(int(top) + 1):
        y = place(0, value).split(",")[1]
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - 20}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y}" dy="4" text-anchor="end">{value}</text>')
    for k in range(MOST + 1):
        spot, label = place(k, 0).split(",")[0], f"{k}+" if k == MOST else str(k)
        parts.append(f'<text x="{spot}" y="{HEIGHT - 30}" text-anchor="middle">{label}</text>')
    parts.append(
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
        "repeat purchases in weeks 1 to 39</text>"
    )
    parts.append(f'<text x="{LEFT}" y="14">orders per customer in weeks 40 to 78</text>')
    for number, ((name, colour, dash), values) in enumerate(zip(LINES, means, strict=True)):
        points = " ".join(place(k, value) for k, value in enumerate(values))
        style = f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        y = 44 + 20 * number
        parts.append(f'<polyline points="{points}" fill="none" {style}/>')
        parts.append(f'<path d="M{LEFT + 16} {y - 4}h32" {style}/>')
        parts.append(f'<text x="{LEFT + 56}" y="{y}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def main(target: Path | None) -> None:
    x, later, expected, _ = forecasts()
    if target:
        target.write_text(draw(x, [later.astype(np.float64), *expected.values()]), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
