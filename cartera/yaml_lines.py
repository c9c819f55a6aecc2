"""YAML files checked by pydantic models, with mistakes reported by file, line and field."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from cartera.errors import ContractError

Model = TypeVar("Model", bound=BaseModel)
MAX_BYTES = 1_000_000
MAX_DEPTH = 50
# libyaml reads ten times as fast as Python does; a PyYAML that was built without it has none.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NAMED_FIELD = re.compile(r"([a-z_]+)((?:\.[a-z_0-9]+)*)")


def load_model(path: Path, model: type[Model]) -> Model:
    """Read ``path`` as ``model``. Raises ContractError that names file, line, field and fix."""
    return parse_model(_read(path), path, model)


def parse_model(text: str, path: Path, model: type[Model]) -> Model:
    """The same of the ``text`` that stands in ``path``, or is about to."""
    try:
        root, data = _parse(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "it is not valid YAML"
        raise ContractError(f"{path}:{line}: {problem}.", fix="Correct the YAML.") from error
    if not isinstance(data, dict):
        raise ContractError(f"{path}:1: the file is not a mapping.", fix="Write `name: value`.")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field, line = _place(root, first["loc"])
        named = NAMED_FIELD.match(_reason(first))
        if not first["loc"] and named and named[1] in model.model_fields:
            # A check of several fields together: its message begins with the one that is wrong.
            _, line = _place(root, tuple(named[0].split(".")))
            raise ContractError(
                f"{path}:{line}: {_reason(first)}.", fix=_fix(first, model)
            ) from error
        raise ContractError(
            f"{path}:{line}: {field or 'the file'}: {_reason(first)}.", fix=_fix(first, model)
        ) from error


def line_of(path: Path, field: tuple[int | str, ...]) -> int:
    """The line on which ``field`` stands in a file that was read before. Raises ContractError."""
    try:
        return _place(nodes_of(_read(path)), field)[1]
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: it is not valid YAML.", fix="Correct the YAML.") from error


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ContractError(f"{path}: larger than {MAX_BYTES} bytes.", fix="Split it.")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContractError(f"{path}: {error.strerror}.", fix="Check the path.") from error
    except UnicodeDecodeError as error:
        raise ContractError(f"{path}: not UTF-8.", fix="Save the file as UTF-8.") from error


def nodes_of(text: str) -> Any:
    """The nodes of ``text``, which know their lines; None of nothing. Raises yaml.YAMLError."""
    _refuse_bombs(text)
    root = yaml.compose(text, Loader=LOADER)
    _refuse_repeats(root)
    return root


def _parse(text: str) -> tuple[Any, Any]:
    """The nodes of ``text`` and its values. Raises yaml.YAMLError."""
    root = nodes_of(text)
    return root, None if root is None else LOADER("").construct_document(root)


def _refuse_bombs(text: str) -> None:
    """Raise for aliases, which can be made to explode, and for nesting without end.

    By events, before anything is built of them: libyaml's nodes are made by calls within calls.
    """
    depth = 0
    event: Any
    for event in yaml.parse(text, Loader=LOADER):
        problem = ""
        if isinstance(event, yaml.AliasEvent):
            problem = "aliases (*name) are not accepted"
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            problem = "nested too deeply" if depth > MAX_DEPTH else ""
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if problem:
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)


def _refuse_repeats(node: Any) -> None:
    """Raise for a key that is given twice: YAML would take the last one without a word."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            problem = "" if isinstance(key, yaml.ScalarNode) else "a key is one word"
            if not problem and key.value in seen:
                problem = f"{key.value!r} is given twice"
            if problem:
                raise yaml.composer.ComposerError(None, None, problem, key.start_mark)
            seen.add(key.value)
            _refuse_repeats(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_repeats(value)


def _place(root: Any, loc: tuple[int | str, ...]) -> tuple[str, int]:
    """The dotted field that exists in the file for ``loc``, and its line."""
    node, line, named = root, 1, []
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            match = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if match is None:
                if part == loc[-1]:
                    named.append(str(part))
                continue
            line, node = match[0].start_mark.line + 1, match[1]
            named.append(str(part))
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
            named.append(str(part))
    return ".".join(named), line


def _reason(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "no such field"
    if error["type"] == "missing":
        return "missing"
    return str(error["msg"]).removeprefix("Value error, ").rstrip(".")


def _fix(error: Any, model: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden" and len(error["loc"]) == 1:
        return f"The fields are: {', '.join(model.model_fields)}."
    if error["type"] == "missing":
        return "Add it."
    return "Correct it."
