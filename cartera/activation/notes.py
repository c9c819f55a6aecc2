"""What is odd about a list: a code for whoever has words of their own, and each in a sentence."""

from __future__ import annotations

# By the order in which they are told.
NOTES = {
    "nobody_matches": "Nobody matches the rule: is a value in it misspelt?",
    "everybody_matches": "Everybody matches the rule: it leaves nobody out.",
    "all_held_out": "Nobody is on the list: those who match are all held out.",
    "all_excluded": "Nobody is on the list: those who match are all excluded.",
    "holdout_is_all": "The holdout is 100 %: nobody can be on the list.",
}


def odd(
    *, everybody: int, matched: int, listed: int, held_out: int, holdout_percent: float
) -> tuple[str, ...]:
    """The codes that hold of a list with these numbers of customers."""
    nobody_listed = matched > 0 and not listed
    holds = {
        "nobody_matches": not matched,
        "everybody_matches": 0 < matched == everybody,
        "all_held_out": nobody_listed and held_out > 0,
        "all_excluded": nobody_listed and not held_out,
        "holdout_is_all": holdout_percent == 100,
    }
    return tuple(code for code in NOTES if holds[code])
