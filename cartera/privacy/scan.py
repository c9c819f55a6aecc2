"""The scan: looks for people in every file of CARTERA_HOME, decoded.

Compressed storage hides a value from a search of bytes, so files are opened as what they are
(``cartera.privacy.texts``); every file's own name is looked through too. A value counts in any
case of letters, a phone in any grouping, with its country's code or without, an address as a run
of words.

Files say the same again and again, from the inbox to what is published: each text is looked through
once, in one pass for all people (``cartera.privacy.readings`` says what a text may have in it).

What cannot tell a person is not looked for: ids of less than six characters or without a digit.
Addresses are, for up to ``MOST_ADDRESSES`` of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from cartera.duck import connect, literal
from cartera.privacy.identifying import DIGITS, folded
from cartera.privacy.readings import DOUBTFUL, RUN, SHORTEST, inside, readings, runs_of
from cartera.privacy.texts import DAMAGED, Texts, texts_of
from cartera.settings import Settings

# What a phone may stand between; the digits of an id are none.
NUMBER = f"(?:^|[^0-9A-Za-z+])({DIGITS})(?:$|[^0-9A-Za-z])"
MOST_ADDRESSES = 500
# So many bytes of text are looked through at once.
FULL = 128 << 20
# A spill of this process; the values that are looked for.
PASSED_OVER = ("state/tmp/", "state/erasures/", "state/locks/")


@dataclass(frozen=True)
class Finding:
    """How many values of the people looked for stand in a place of a file, by their kind."""

    store: str
    file: str
    place: str
    kind: str
    count: int


@dataclass
class Scanned:
    """What a scan found, and how much it looked through."""

    findings: list[Finding] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    texts: int = 0
    unread: list[str] = field(default_factory=list)

    @property
    def by_store(self) -> dict[str, int]:
        """Values found, by store."""
        found: dict[str, int] = {}
        for finding in self.findings:
            found[finding.store] = found.get(finding.store, 0) + finding.count
        return dict(sorted(found.items()))

    @property
    def held_by(self) -> set[str]:
        """The files, by their path in CARTERA_HOME, that hold anything."""
        return {finding.file for finding in self.findings}


def store_of(file: str) -> str:
    """The part of CARTERA_HOME that a file is in: ``landing``, ``state/logs``, …"""
    first, _, rest = file.partition("/")
    second = rest.split("/")[0]
    return f"{first}/{second}" if first == "state" and second else first


def scan(settings: Settings, values: dict[str, list[str]], below: str = "") -> Scanned:
    """Look for ``values``, by kind as ``People`` has them, in every file, or those ``below``."""
    scanned = Scanned()
    with connect(settings) as connection, connection.cursor() as reading:
        wanted = _write_wanted(connection, values)
        gathered = _Gathered()
        for path in sorted((settings.home / below).rglob("*")):
            file = path.relative_to(settings.home).as_posix()
            if path.is_symlink() or not path.is_file() or file.startswith(PASSED_OVER):
                continue
            store = store_of(file)
            scanned.files[store] = scanned.files.get(store, 0) + 1
            within = (told for run in runs_of(file) for told in inside(run))
            gathered.add(file, ("its name", pa.array([file, *within], pa.string())))
            try:
                for texts in texts_of(reading, path):
                    gathered.add(file, texts)
                    if gathered.size > FULL:
                        _look(connection, scanned, gathered, wanted)
                        gathered = _Gathered()
            except DAMAGED as error:
                scanned.unread.append(f"{file} ({type(error).__name__})")
        _look(connection, scanned, gathered, wanted)
    return scanned


@dataclass
class _Gathered:
    """Texts of many places, until they are looked through together; ``size`` in bytes."""

    places: list[tuple[str, str]] = field(default_factory=list)
    numbers: list[pa.Array] = field(default_factory=list)
    texts: list[pa.Array] = field(default_factory=list)
    size: int = 0

    def add(self, file: str, told: Texts) -> None:
        place, texts = told
        self.numbers.append(pa.repeat(pa.scalar(len(self.places), pa.int32()), len(texts)))
        self.places.append((file, place))
        self.texts.append(texts)
        self.size += texts.nbytes

    def table(self) -> pa.Table:
        """(place, text), a place by its number."""
        return pa.table(
            {
                "place": pa.chunked_array(self.numbers, pa.int32()),
                "text": pa.chunked_array(self.texts, pa.string()),
            }
        )


def _write_wanted(
    connection: duckdb.DuckDBPyConnection, values: dict[str, list[str]]
) -> frozenset[str]:
    """``wanted`` (kind, token), ``wanted_digits`` and ``wanted_words``: what is compared.

    Returns the tokens and digits.
    """
    tokens: set[tuple[str, str]] = set()
    digits: set[str] = set()
    for kind, found in values.items():
        for value in found:
            if kind == "phone":
                digits |= numbers_of(value)
            elif kind != "address":
                tokens |= {(kind, token) for token in _tokens(value, whole=kind == "email")}
    tables = {
        "wanted": [*tokens],
        "wanted_digits": [("phone", number) for number in digits],
        "wanted_words": [("address", w) for w in _words(connection, values.get("address", []))],
    }
    for name, rows in tables.items():
        _write(connection, name, {"kind": [k for k, _ in rows], "token": [t for _, t in rows]})
    return frozenset(digits | {token for _, token in tokens})


def _write(
    connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, list[str]]
) -> None:
    """A temp table of texts."""
    arrow = pa.table({name: pa.array(texts, pa.string()) for name, texts in columns.items()})
    connection.register("columns_arrow", arrow)
    connection.execute(f"create or replace temp table {table} as from columns_arrow")
    connection.unregister("columns_arrow")


def numbers_of(phone: str) -> set[str]:
    """The digits that a phone may be written with: with its country's code and without."""
    # What every command would wait for, and few need.
    import phonenumbers

    digits = re.sub(r"\D", "", phone)
    found = {digits, digits.removeprefix("00")}
    try:
        number = phonenumbers.parse(f"+{digits.removeprefix('00')}" if phone[:1] in "+0" else phone)
    except phonenumbers.NumberParseException:
        return {n for n in found if len(n) >= SHORTEST}
    own = str(number.national_number)
    whole = f"{number.country_code}{own}"
    return {n for n in (*found, own, f"0{own}", whole, f"00{whole}") if len(n) >= SHORTEST}


def _tokens(value: str, *, whole: bool) -> list[str]:
    """The runs of characters by which ``value`` is found; the whole of an e-mail."""
    plain = value.strip().lower()
    runs = runs_of(plain)
    if whole:
        return [run for run in runs if "@" in run]
    told = [run for run in runs if len(run) >= SHORTEST and any(c.isdigit() for c in run)]
    return told[-1:]


def _words(connection: duckdb.DuckDBPyConnection, addresses: list[str]) -> list[str]:
    """The addresses that tell a person as runs of words; none if there are too many."""
    rows = connection.execute(
        f"select distinct trim({folded('address')}) from (select unnest(?::varchar[]) as address)",
        [addresses],
    ).fetchall()
    words = [w for (w,) in rows if len(w) >= SHORTEST and any(c.isdigit() for c in w)]
    return sorted(words) if len(words) <= MOST_ADDRESSES else []


def _look(
    connection: duckdb.DuckDBPyConnection,
    scanned: Scanned,
    gathered: _Gathered,
    wanted: frozenset[str],
) -> None:
    """Count the wanted values in what was gathered; each text is looked through once."""
    connection.register("gathered_arrow", gathered.table())
    connection.execute(
        f"""
        create or replace temp table told as
            select row_number() over () as n, text
            from (select distinct text from gathered_arrow where text is not null);
        create or replace temp table runs as
            select n, token from (
                select n, rtrim(
                    unnest(regexp_extract_all(lower(text), {literal(RUN)})), '.'
                ) as token from told
            ) where regexp_matches(token, '[0-9@]');
        create or replace temp table found as
            select n, kind, token from runs join wanted using (token)
            union all
            select n, kind, token from runs join wanted_digits using (token)
            union all
            select n, kind, token from (
                select n, regexp_replace(
                    unnest(regexp_extract_all(text, {literal(NUMBER)}, 1)), '[^0-9]', '', 'g'
                ) as token from told
            ) join wanted_digits using (token);
        """
    )
    _find_readings(connection, wanted)
    _find_addresses(connection)
    rows = connection.execute(
        "select place, kind, count(distinct token) from found join told using (n) "
        "join gathered_arrow using (text) group by all order by all"
    ).fetchall()
    connection.unregister("gathered_arrow")
    scanned.texts += sum(len(texts) for texts in gathered.texts)
    for number, kind, count in rows:
        file, place = gathered.places[number]
        scanned.findings.append(Finding(store_of(file), file, place, kind, count))


def _find_readings(connection: duckdb.DuckDBPyConnection, wanted: frozenset[str]) -> None:
    """Add to ``found`` what stands within a longer run."""
    doubtful = connection.execute(
        f"select distinct token from runs where regexp_matches(token, {literal(DOUBTFUL)})"
    ).fetchall()
    read = [(run, told) for (run,) in doubtful for told in readings(run) & wanted - {run}]
    _write(connection, "read", {"run": [r for r, _ in read], "token": [t for _, t in read]})
    connection.execute(
        """
        insert into found
            select n, kind, read.token from runs join read on run = runs.token
            join (from wanted union all from wanted_digits) as wanted on wanted.token = read.token
        """
    )


def _find_addresses(connection: duckdb.DuckDBPyConnection) -> None:
    """Add to ``found`` the addresses; all of them are looked for in one pass."""
    words = [w for (w,) in connection.execute("select token from wanted_words").fetchall()]
    if not words:
        return
    # Of letters, figures and blanks alone, so they are patterns of themselves.
    any_of = f" (?:{'|'.join(words)}) "
    connection.execute(
        f"""
        insert into found
            select n, kind, token
            from (select n, {folded("text")} as folded from told
                where regexp_matches(text, '[0-9]')) as texts
            join wanted_words on contains(folded, ' ' || token || ' ')
            where regexp_matches(folded, {literal(any_of)})
        """
    )
