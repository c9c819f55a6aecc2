"""From what an export looks like to the text of a contract, with what is unsure as comments."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.infer import habits
from ingestion.infer.look import Look, look_at
from ingestion.infer.names import DEFAULTS, FILE_WORDS, SOURCES, code_of, meant, words
from ingestion.source import Source, SourceColumn, load_source

TIMES = ("date", "timestamp")
NUMBERS = ("integer", "number", "money", "quantity", "rate")
PLAIN = re.compile(r"[A-Za-z][\w ]*[A-Za-z0-9]|[A-Za-z]")
YAML_WORDS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n", "none"}
FILL_IN = "FILL_IN"
MAX_CODES = 20


@dataclass
class Draft:
    """A drafted contract: its text, and what it was unsure of, which the text says too."""

    system: str
    source: str
    text: str
    unsure: list[str] = field(default_factory=list)


@dataclass
class _Match:
    """How an export fits one source: the export's column for each of the source's."""

    source: Source
    columns: dict[str, str]
    score: float


def draft_contract(
    path: Path, *, system: str = "", source: str = "", inbox: Path | None = None, time_zone: str
) -> Draft:
    """Draft a contract for the export at ``path``.

    Without ``system`` and ``source`` they are guessed: from the place below ``inbox``, and from
    the names of file and columns. ``time_zone`` is the guess for times without an offset.
    Raises UsageError if the export cannot be read, ValueError if there is no such source.
    """
    look = look_at(path)
    parts = _below(path, inbox)
    folder = parts[1] if len(parts) > 2 else ""
    system = system or (parts[0] if parts else "export")
    match = _best(look, path, source)
    return _Writer(look, match, system, folder, time_zone, is_guessed=not source).draft()


def _below(path: Path, inbox: Path | None) -> tuple[str, ...]:
    if inbox is None or not path.resolve().is_relative_to(inbox.resolve()):
        return ()
    return path.resolve().relative_to(inbox.resolve()).parts


def _best(look: Look, path: Path, wanted: str) -> _Match:
    names = [wanted] if wanted else list(SOURCES)
    tokens = set(re.split(r"[^a-z0-9]+", f"{path.parent.name} {path.name}".lower()))
    matches = []
    for name in names:
        match = _match(look, load_source(name))
        match.score += 3 * bool(tokens & set(words(FILE_WORDS.get(name, ""))))
        matches.append(match)
    return max(matches, key=lambda match: match.score)


def _match(look: Look, source: Source) -> _Match:
    by_plain: dict[str, str] = {}
    for name in look.columns:
        by_plain.setdefault(meant(name.rpartition(".")[2] if name.startswith("$.") else name), name)
    found: dict[str, str] = {}
    taken: set[str] = set()
    score = 0.0
    for column, spec in source.columns.items():
        synonyms = [meant(column), *words(SOURCES.get(source.source, {}).get(column, ""))]
        raw = next(
            (by_plain[w] for w in synonyms if w in by_plain and by_plain[w] not in taken), None
        )
        if raw and _fits(look.columns[raw], spec):
            found[column] = raw
            taken.add(raw)
            score += 3 if column in source.key else 2 if spec.required else 1
        elif spec.required and (source.source, column) not in DEFAULTS and column != "currency":
            score -= 2
    return _Match(source, found, score)


def _fits(values: list[str], spec: SourceColumn) -> bool:
    """Whether a column could hold such values: an empty one could hold any."""
    if not habits.given(values):
        return True
    if spec.type in TIMES:
        return bool(habits.moments(values, is_named_so=True))
    if spec.type in NUMBERS:
        return habits.is_numeric(values, habits.numbers([values]))
    return True


class _Writer:
    """Writes the draft, line by line, and collects what it is unsure of."""

    def __init__(
        self,
        look: Look,
        match: _Match,
        system: str,
        folder: str,
        time_zone: str,
        *,
        is_guessed: bool,
    ) -> None:
        self.look, self.source, self.mapped = look, match.source, match.columns
        self.system, self.folder, self.time_zone = system, folder, time_zone
        self.unsure = list(look.unsure)
        if is_guessed:
            self.unsure.insert(0, f"source: {self.source.source} fits the names best")
        numeric = [look.columns[raw] for c, raw in self.mapped.items() if self._type(c) in NUMBERS]
        self.numbers = habits.numbers(numeric or list(look.columns.values()))
        self.forms = {
            column: habits.moments(look.columns[raw], is_named_so=True) or ["iso"]
            for column, raw in self.mapped.items()
            if self._type(column) in TIMES
        }

    def _type(self, column: str) -> str:
        return self.source.columns[column].type

    def _values(self, column: str) -> list[str]:
        return self.look.columns[self.mapped[column]]

    def draft(self) -> Draft:
        name = self.source.source
        columns = self._columns()
        forms = self._format()
        ignored = [raw for raw in self.look.columns if raw not in self.mapped.values()]
        lines = [f"system: {self.system}", f"source: {name}"]
        lines.append(f'about: "Drafted from {_comment(self.look.path.name)}: say what it is."')
        if self.folder and self.folder != name:
            lines.append(f"inbox: {_scalar(self.folder)}")
        lines += [
            *forms,
            "# snapshot, if each delivery has all that there is.",
            "delivery: increment",
        ]
        if ignored and self.look.kind != "jsonl":
            lines += ["# Not read; what of it is of use can be mapped below.", "ignore:"]
            lines += [f"  - {_scalar(raw)}{self._pii(raw)}" for raw in ignored]
        elif ignored:
            lines.append(f"# Not read: {_comment(', '.join(ignored[:30]))}")
        lines += ["columns:", *columns]
        head = [f"# Drafted by `cartera contract infer` from {_comment(self.look.path.name)}."]
        if self.unsure:
            head += ["# Unsure of:", *(f"#  - {_comment(line)}" for line in self.unsure)]
        text = "\n".join([*head, *lines]) + "\n"
        return Draft(self.system, name, text, self.unsure)

    def _pii(self, raw: str) -> str:
        kind = habits.looks_like(self.look.columns[raw])
        if kind:
            self.unsure.append(f"ignore: {raw} looks like a person's {kind}")
        return f"  # looks like a person's {kind}" if kind else ""

    def _format(self) -> list[str]:
        look, lines = self.look, [f"  type: {self.look.kind}"]
        if look.kind == "csv":
            if look.delimiter != ",":
                lines.append(f"  delimiter: {json.dumps(look.delimiter)}")
            if look.quote != '"':
                lines.append(f"  quote: {json.dumps(look.quote)}")
            if look.skip_rows:
                lines.append(f"  skip_rows: {look.skip_rows}")
            if look.footers:
                words_ = ", ".join(json.dumps(w, ensure_ascii=False) for w in look.footers)
                lines.append(f"  footer: {{starts_with: [{words_}]}}")
        if look.kind != "parquet":
            if look.encoding != "utf-8":
                lines.append(f"  encoding: {look.encoding}")
            lines += self._number_forms() + self._moment_forms() + self._words()
        return ["format:", *lines]

    def _number_forms(self) -> list[str]:
        found, lines = self.numbers, []
        if found.decimal != ".":
            lines.append(f"  decimal: {json.dumps(found.decimal)}")
        if found.thousands:
            lines.append(f"  thousands: {json.dumps(found.thousands)}")
        if not found.is_sure:
            self.unsure.append("format.decimal: a comma before three digits could be either")
        if found.negative:
            lines.append(f"  negative: [{', '.join(sorted(found.negative))}]")
        if found.symbols:
            symbols = json.dumps(sorted(found.symbols), ensure_ascii=False)
            lines.append(f"  currency_symbols: {symbols}")
        return lines

    def _moment_forms(self) -> list[str]:
        lines, is_local = [], False
        for kind in TIMES:
            if (usual := self._usual_form(kind)) != "iso":
                lines.append(f"  {kind}: {json.dumps(usual)}")
        for column, forms in self.forms.items():
            if {"%d", "%m"} <= {form[:2] for form in forms}:
                self.unsure.append(f"columns.{column}: {forms[0]} and {forms[1]} both read it")
            is_local |= self._type(column) == "timestamp" and not _has_offset(
                forms[0], self._values(column)
            )
        if is_local:
            lines.append(f"  time_zone: {self.time_zone}")
            self.unsure.append("format.time_zone: the times do not say their offset")
        return lines

    def _usual_form(self, kind: str) -> str:
        chosen = [forms[0] for c, forms in self.forms.items() if self._type(c) == kind]
        return Counter(chosen).most_common(1)[0][0] if chosen else "iso"

    def _words(self) -> list[str]:
        lines = []
        typed = [c for c in self.mapped if self._type(c) != "text" or self.source.columns[c].values]
        null = sorted(set().union(*(habits.nothing_words(self._values(c)) for c in typed)))
        if null:
            lines.append(f"  'null': {json.dumps(['', *null], ensure_ascii=False)}")
        for column in self.mapped:
            if self._type(column) == "boolean":
                pair = habits.yes_and_no(self._values(column))
                if pair:
                    lines.append(f"  'true': [{json.dumps(pair[0], ensure_ascii=False)}]")
                    lines.append(f"  'false': [{json.dumps(pair[1], ensure_ascii=False)}]")
                    break
        return lines

    def _columns(self) -> list[str]:
        lines = []
        for column, spec in self.source.columns.items():
            if column in self.mapped:
                line = self._mapping(column, spec)
                if line is None:
                    del self.mapped[column]
            else:
                line = None
            if line is None and spec.required:
                line = self._default(column)
            if line is None and column == "party_system" and "party_id" in self.mapped:
                line = f"  party_system: {{constant: {self.system}}}"
                self.unsure.append("columns.party_system: whose ids are those of party_id?")
            if line:
                lines.append(line)
        return lines

    def _mapping(self, column: str, spec: SourceColumn) -> str | None:
        raw = self.mapped[column]
        if spec.values:
            return self._codes(column, spec)
        if column in self.forms and self.forms[column][0] != self._usual_form(spec.type):
            form = json.dumps(self.forms[column][0])
            return f"  {column}: {{from: {_scalar(raw)}, {spec.type}: {form}}}"
        return f"  {column}: {_scalar(raw)}"

    def _codes(self, column: str, spec: SourceColumn) -> str | None:
        raw = self.mapped[column]
        said = [value for value, _ in Counter(habits.given(self._values(column))).most_common()]
        known = {value: code_of(value, spec.values) for value in said[:MAX_CODES]}
        unknown = [value for value, code in known.items() if code is None]
        if unknown and (not any(known.values()) or not spec.required):
            self.unsure.append(f"columns.{column}: {raw} has {', '.join(unknown[:3])}: not mapped")
            return None
        if unknown:
            self.unsure.append(f"columns.{column}: no code for {', '.join(unknown[:5])}: refused")
        if all(value == code for value, code in known.items()):
            return f"  {column}: {_scalar(raw)}"
        pairs = ", ".join(
            f"{json.dumps(v, ensure_ascii=False)}: {c}" for v, c in known.items() if c
        )
        return f"  {column}: {{from: {_scalar(raw)}, values: {{{pairs}}}}}"

    def _default(self, column: str) -> str:
        constant = DEFAULTS.get((self.source.source, column))
        if column == "currency":
            constant = {"$": "USD", "£": "GBP"}.get("".join(self.numbers.symbols), "EUR")
        if constant:
            self.unsure.append(f"columns.{column}: taken to be {constant} throughout")
            return f"  {column}: {{constant: {constant}}}"
        self.unsure.append(f"columns.{column}: required, and no column of the export is like it")
        return f"  {column}: {FILL_IN}"


def _has_offset(form: str, values: list[str]) -> bool:
    if form == "iso":
        return all(re.search(r"(Z|[+-]\d\d:?\d\d|UTC)$", value) for value in habits.given(values))
    return "%z" in form or form.startswith("epoch")


def _scalar(text: str) -> str:
    """``text`` as YAML that reads as a string."""
    is_plain = PLAIN.fullmatch(text) and text.lower() not in YAML_WORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _comment(text: str) -> str:
    """``text`` on one line, without what could end a comment or a string."""
    return re.sub(r'[\x00-\x1f\x7f\u0085\u2028\u2029"\\]', " ", text)
