"""Colours that stand side by side are told apart by those who see two kinds of cones alone.

What they see is simulated by the matrices of Machado, Oliveira and Fernandes, "A Physiologically-
based Model for Simulation of Color Vision Deficiency" (2009), at full severity, in linear RGB; how
far apart two colours are is their distance in CIELAB (CIE76, D65), of which about 2 is just seen.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

import pytest

from cartera.desk import charts
from cartera.desk.drawings import heat
from cartera.desk.drawings.lines import ramp

Colour = tuple[float, float, float]
Matrix = tuple[Colour, Colour, Colour]
SEEN: dict[str, Matrix] = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
TO_XYZ: Matrix = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
WHITE: Colour = (0.95047, 1.0, 1.08883)


def times(matrix: Matrix, colour: Colour) -> Colour:
    red, green, blue = (sum(map(math.prod, zip(row, colour, strict=True))) for row in matrix)
    return (red, green, blue)


def linear(code: str) -> Colour:
    red, green, blue = (int(code[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return (_linear(red), _linear(green), _linear(blue))


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def lab(code: str, seen: Matrix) -> Colour:
    """Lightness, red against green, yellow against blue, as somebody sees ``code``."""
    red, green, blue = (min(max(part, 0.0), 1.0) for part in times(seen, linear(code)))
    x, y, z = (
        _root(part / white)
        for part, white in zip(times(TO_XYZ, (red, green, blue)), WHITE, strict=True)
    )
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))


def _root(part: float) -> float:
    return part ** (1 / 3) if part > (6 / 29) ** 3 else part / (3 * (6 / 29) ** 2) + 4 / 29


def least(pairs: Iterable[tuple[str, str]], seen: Matrix) -> tuple[float, tuple[str, str]]:
    """The two that are nearest, and how near."""
    return min((math.dist(lab(a, seen), lab(b, seen)), (a, b)) for a, b in pairs)


def test_the_distance_is_that_of_the_books() -> None:
    """White and sRGB's red in CIELAB, and a brown and an olive that deuteranopes take for one."""
    assert lab("#FFFFFF", SEEN["all"]) == pytest.approx((100, 0, 0), abs=0.05)
    assert lab("#FF0000", SEEN["all"]) == pytest.approx((53.24, 80.09, 67.20), abs=0.05)
    pair = ("#8B8000", "#C06000")
    assert least([pair], SEEN["deuteranopia"])[0] < 15 < 40 < least([pair], SEEN["all"])[0]


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("colours", [charts.PALETTE, tuple(charts.FATES.values())])
def test_any_two_colours_of_a_chart_are_told_apart(colours: tuple[str, ...], eyes: str) -> None:
    distance, pair = least(itertools.combinations(colours, 2), SEEN[eyes])
    assert distance > 15, pair


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("count", range(3, 12))
def test_the_ramp_grows_lighter_to_its_middle_and_darker_from_it(count: int, eyes: str) -> None:
    shades = ramp(count)
    distance, pair = least(itertools.pairwise(shades), SEEN[eyes])
    assert distance > 12, pair
    lightness = [lab(shade, SEEN[eyes])[0] for shade in shades]
    middle = lightness.index(max(lightness))
    assert abs(middle - (count - 1) / 2) <= 1
    steps = [after - before for before, after in itertools.pairwise(lightness)]
    assert all(step > 0 for step in steps[:middle])
    assert all(step < 0 for step in steps[middle:])


@pytest.mark.parametrize("colour", [*charts.FATES.values(), *heat.SHADES[:2]])
def test_a_mark_is_read_on_its_colour(colour: str) -> None:
    """4.5 to 1, as WCAG 2.2 wants of text."""
    ink, ground = (times(TO_XYZ, linear(code))[1] for code in (charts.INK, colour))
    assert (ground + 0.05) / (ink + 0.05) > 4.5
