"""What a run of characters in a text may stand for: an identifier, or a token that has one in it.

``ana@x.com.csv`` is a file's name and has an e-mail in it; ``ana@x.com.mx`` is another e-mail. So
a longer token is looked into where it ends like a file or goes on as no e-mail does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cartera.privacy.identifying import EMAIL, FILE_ENDINGS

RUN = "[a-z0-9][a-z0-9@._%+-]{3,}"
SHORTEST = 6
# Figures alone are as often a day as an id, unless they are many.
FIGURES = 9
# The runs of which there is more to read than the run itself.
DOUBTFUL = f"%40|@[^@]*[^a-z0-9.@-]|{FILE_ENDINGS}"
_PART = re.compile("[a-z0-9]+")
_RUN = re.compile(RUN)
_EMAIL = re.compile(EMAIL)
_FILE = re.compile(FILE_ENDINGS)
_DOUBTFUL = re.compile(DOUBTFUL)


def runs_of(text: str) -> list[str]:
    """The runs of a text, without the full stop of a sentence."""
    return [run.rstrip(".") for run in _RUN.findall(text.lower())]


def readings(run: str) -> set[str]:
    """What ``run``, in small letters, may be read as; itself first of all."""
    if not _DOUBTFUL.search(run):
        return {run}
    plain = run.replace("%40", "@")
    found = {run, plain, *_EMAIL.findall(plain)}
    return found | set(inside(plain)) if _FILE.search(plain) else found


def inside(name: str) -> Iterator[str]:
    """Whatever could be an identifier in a file's name, between any two of its separators."""
    parts = [part.span() for part in _PART.finditer(name.lower())]
    for first, (start, _) in enumerate(parts):
        for _, end in parts[first:]:
            told = name[start:end].lower()
            if len(told) >= SHORTEST and (
                "@" in told
                or (any(c.isdigit() for c in told) and (not told.isdigit() or len(told) >= FIGURES))
            ):
                yield told
