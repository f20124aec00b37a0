"""
Whether values fit a form, found out before anything is paid for.

Problems name the field, what it takes, and the kind of what was given, never the value: it is personal data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from extend_provider.forms.formats import DECIMAL, format_wanted
from extend_provider.forms.json_schema import errors_in
from extend_provider.forms.nearest import nearest
from extend_provider.forms.schema import LIMITS, fields_in, is_group, is_table, types_of
from extend_provider.forms.unsayable import Unsayable
from extend_provider.redaction import VALUE_KEY

__all__ = ["misfits", "missing"]

_WORDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_CHECKED = (*LIMITS, "maxLength", "const", "minItems", "uniqueItems")
_MOST_CHOICES = 25


def misfits(definition: Mapping[str, Any], values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """
    Yield a line for each value that its field does not take.

    :param definition: a schema, or a part of it that has fields.
    :param values: in its shape, see :func:`extend_provider.forms.taken.values_taken`.
    :param prefix: where the part is, for those lines.
    """
    fields = fields_in(definition)
    for name, value in values.items():
        yield from _of_field(fields[name], value, f"{prefix}{name}")


def _of_field(field: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Unsayable) or (value is None and _may_be_empty(field)):
        return  # told by itself; an empty field
    types = types_of(field) or (("object",) if is_group(field) else ())
    if isinstance(field.get("enum"), list):
        yield from _of_choice(field, value, path)
    elif not _is_of_type(value, types):
        yield f"{path}: takes {_named(types)}, not {_kind(value)}{_for_blank(field, value) or _advice(value)}"
    elif is_group(field):
        yield from misfits(field, value, f"{path}.")
    elif isinstance(value, list):
        yield from _of_rows(field, value, path)
    else:
        yield from _of_single(field, value, path)


def _of_single(field: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    wanted = format_wanted(field, value) if isinstance(value, str) else None
    if wanted:
        yield f"{path}: takes {wanted}{_for_blank(field, value)}"
        return
    yield from _too_long(field, value, path)
    # The limits of a decimal are those of a number.
    is_decimal = isinstance(value, str) and field.get("format") == DECIMAL
    yield from _beyond_limits(field, Decimal(value) if is_decimal else value, path)


def _of_rows(field: Mapping[str, Any], rows: list[Any], path: str) -> Iterator[str]:
    most = field.get("maxItems")
    if isinstance(most, int) and len(rows) > most:
        yield f"{path}: has {len(rows)} rows, and the form has place for {most}"
    yield from _beyond_limits(field, rows, path)
    items = field.get("items")
    if isinstance(items, dict):
        for index, row in enumerate(rows):
            if row is None and is_group(items) and "null" not in types_of(items):
                yield f"{path}[{index}]: takes {_WORDS['object']}, not {_WORDS['null']}"
            else:
                yield from _of_field(items, row, f"{path}[{index}]")


def _of_choice(field: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    members = _described(field)
    # Of an option list several may be chosen.
    chosen = value if isinstance(value, list) and field.get("extend_edit:field_type") == "optionList" else [value]
    for one in chosen:
        if not isinstance(one, Unsayable) and not any(_same(one, member) for member, _ in members):
            yield f"{path}: takes {_one_of(members)}{_for_blank(field, one) or _meant(one, members)}"


def _described(field: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """The choices, each with what the form says there: a PDF's own names for them may be "1" and "2"."""
    words = field.get("extend:descriptions")
    members: list[Any] = field["enum"]
    if not isinstance(words, list) or len(words) != len(members):
        words = members
    return [(member, str(word)) for member, word in zip(members, words, strict=True)]


def _meant(value: Any, members: list[tuple[Any, str]]) -> str:
    if not isinstance(value, str):
        return f", not {_kind(value)}"
    names = {word: member for member, word in members} | {str(member): member for member, _ in members}
    near = nearest(value, names)
    return f"; did you mean {names[near]!r}?" if near else ""


def _same(one: Any, other: Any) -> bool:
    # For Python true is 1.
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _one_of(members: list[tuple[Any, str]]) -> str:
    some = members[:_MOST_CHOICES]
    shown = ", ".join(repr(member) if word == str(member) else f"{member!r} ({word})" for member, word in some)
    more = f" and {len(members) - _MOST_CHOICES} more" if len(members) > _MOST_CHOICES else ""
    return f"one of {shown}{more}"


def _too_long(field: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    options = field.get("extend_edit:text_edit_options")
    most = options.get("maxLength") if isinstance(options, dict) else None
    if not isinstance(value, str) or not isinstance(options, dict) or not isinstance(most, int) or most <= 0:
        return
    # One box per character: dashes between groups of digits are printed on the form already.
    length = sum(map(str.isalnum, value)) if options.get("combing") else len(value)
    if length > most:
        yield f"{path}: is longer than the {most} characters that fit"


def _beyond_limits(field: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    limits = {key: field[key] for key in _CHECKED if key in field}
    for error in errors_in(limits, value) if limits else ():
        yield f"{path}: does not fit the schema's {error.validator} {error.validator_value!r}"


def missing(
    definition: Mapping[str, Any], values: Mapping[str, Any], prefix: str = "", *, instructed: bool = False
) -> Iterator[str]:
    """
    Yield a line for each required field without a value; one that the schema itself has counts, nothing does not.

    :param definition: a schema, or a part of it that has fields.
    :param values: in its shape.
    :param prefix: where the part is, for those lines.
    :param instructed: whether what is not there may stand in instructions; what is given as nothing stays empty still.
    """
    fields, required = fields_in(definition), definition.get("required")
    for name in required if isinstance(required, list) else ():
        field = fields.get(name, {})
        # Where null does not fit, that is told already.
        is_emptied = name in values and values[name] is None and _may_be_empty(field)
        if is_emptied or not (name in values or instructed or _has_value(field)):
            yield f"{prefix}{name}: is required"
    for name, value in values.items():
        for index, part in _parts(fields[name], value):
            inner = fields[name]["items"] if index else fields[name]
            yield from missing(inner, part, f"{prefix}{name}{index}.", instructed=instructed)


def _parts(field: Mapping[str, Any], value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The values of a group, or of each row of a table, with its index."""
    if is_group(field) and isinstance(value, dict):
        yield "", value
    elif is_table(field) and isinstance(value, list):
        yield from ((f"[{index}]", row) for index, row in enumerate(value) if isinstance(row, dict))


def _may_be_empty(field: Mapping[str, Any]) -> bool:
    return not types_of(field) or "null" in types_of(field)


def _has_value(field: Mapping[str, Any]) -> bool:
    return field.get(VALUE_KEY) is not None or any(map(_has_value, fields_in(field).values()))


def _is_of_type(value: Any, types: Iterable[str]) -> bool:
    names = set(types)
    if not names:
        return True
    if isinstance(value, float) and value.is_integer():
        return bool(names & {"number", "integer"})
    return bool(names & _names_of(value))


def _names_of(value: Any) -> set[str]:
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, (int, float)):
        return {"number", "integer"} if isinstance(value, int) else {"number"}
    return {"string"} if isinstance(value, str) else {"array"} if isinstance(value, list) else {"object"}


def _kind(value: Any) -> str:
    return _WORDS[next(iter(sorted(_names_of(value), reverse=True)))]


def _named(types: Iterable[str]) -> str:
    words = [_WORDS.get(name, name) for name in types if name != "null"]
    return " or ".join(words) or "null"


def _for_blank(field: Mapping[str, Any], value: Any) -> str:
    is_blank = isinstance(value, str) and not value.strip()
    return "; give None to leave the field empty" * (is_blank and _may_be_empty(field))


def _advice(value: Any) -> str:
    return " (a template in a dict gives text; one for the whole dict keeps types)" * isinstance(value, str)
