"""Converting a given value to what the edit schema and the form field take.

A value is converted where nothing is lost ("12" for a number, 85 for a text, "yes" for a check box); everything else
breaks the schema. Messages name the property, never the value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from extend_provider.local.names import normalise
from extend_provider.local.pdf.fields import COMB, EDITABLE, MULTI_SELECT, FormField, Option
from extend_provider.local.pdf.matching import Target
from extend_provider.local.pdf.problem import schema_violation

# Controls that the local service leaves unfilled, whatever the value.
UNFILLED = {"signature", "table"}

_TRUE = {"true", "yes", "y", "on", "x", "1", "checked"}
_FALSE = {"false", "no", "n", "off", "0", "unchecked"}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


@dataclass(frozen=True)
class Choice:
    """A value that an enum allows, and the option of the PDF field that it stands for (None: the PDF has none)."""

    value: str
    option: Option | None = None
    aliases: tuple[str, ...] = ()


def convert(name: str, definition: Mapping[str, Any], target: Target, value: Any) -> Any:
    """The value as the schema wants it: str, int, float, bool, or a list of str for several choices."""
    if definition.get("extend_edit:field_type") in UNFILLED:
        return value
    if definition.get("enum") is not None or (target.field and _takes_choices(definition, target.field)):
        return _chosen_values(name, choices_of(definition, target), target.field, value)
    types = definition.get("type") or _natural_type(target.field)
    allowed = types if isinstance(types, list) else [types]
    for json_type in allowed:
        converted = _CONVERTERS[json_type](value, target.field)
        if converted is not None:
            return _fitting(name, definition, target.field, converted)
    expected = " or ".join(json_type for json_type in allowed if json_type != "null")
    raise schema_violation(f"The value of property {name!r} is not of type {expected}.")


def switch_state(name: str, form_field: FormField, value: Any) -> bool:
    """Whether a value turns a check box on, when the property's own type is not boolean."""
    state = value if isinstance(value, bool) else _to_boolean(value, form_field)
    if state is None:
        raise schema_violation(f"The value of property {name!r} does not fit the PDF's check box.")
    return state


def choices_of(definition: Mapping[str, Any], target: Target) -> list[Choice]:
    """The choices of an enum property, or of a choice field whose property has no enum."""
    options = target.field.options if target.field else []
    enum = definition.get("enum")
    if enum is None:
        return [Choice(option.export, option, (option.display,)) for option in options if option.export]
    entries = (definition.get("extend_edit:source_acroform") or {}).get("optionMap") or []
    boxed = target.boxed_options()
    boxed = boxed if len(boxed) == len(enum) else [None] * len(enum)
    return [
        _enum_choice(member, _mapped(entries, member), options, at_box)
        for member, at_box in zip(enum, boxed, strict=True)
    ]


def chosen_options(definition: Mapping[str, Any], target: Target, value: Any) -> list[Option]:
    """The PDF's options for a converted value or a list of them."""
    choices = choices_of(definition, target)
    picked = [pick(choices, text_for(item) or "") for item in (value if isinstance(value, list) else [value])]
    return [choice.option for choice in picked if choice and choice.option]


def pick(choices: Sequence[Choice], value: str) -> Choice | None:
    """The choice that a value means: by value, then by the PDF's export or display text, then written loosely."""
    exact = [choice for choice in choices if choice.value == value]
    aliased = [choice for choice in choices if value in choice.aliases]
    key = normalise(value)
    loose = [choice for choice in choices if key and key in map(normalise, (choice.value, *choice.aliases))]
    found = exact or aliased or loose
    return found[0] if len({choice.value for choice in found}) == 1 else None


def text_for(value: Any) -> str | None:
    """What a text field shows for a converted value; None for what has no place there (tables, signatures)."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return value if isinstance(value, str) else number_text(value) if isinstance(value, (int, float)) else None


def number_text(number: float) -> str:
    """A number the way people write it on forms: without exponent, without a needless ``.0``."""
    if isinstance(number, int):
        return str(number)
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _takes_choices(definition: Mapping[str, Any], form_field: FormField) -> bool:
    """Whether a property without enum still has to be one of the PDF field's options."""
    if definition.get("type") is not None and "boolean" in definition["type"]:
        return False
    return bool(form_field.options) and not form_field.has(EDITABLE)


def _chosen_values(name: str, choices: Sequence[Choice], form_field: FormField | None, value: Any) -> Any:
    several = form_field is not None and form_field.kind == "optionList" and form_field.has(MULTI_SELECT)
    if not isinstance(value, list):
        single = _choice(choices, value)
        parts = [part.strip() for part in value.split(",")] if isinstance(value, str) and "," in value else []
        if single is not None or not (several and parts):
            return _checked(name, [single], form_field)[0]
        value = parts
    if len(value) != 1 and not several:
        raise schema_violation(f"Property {name!r} takes one value, a list was given.")
    checked = _checked(name, [_choice(choices, item) for item in value], form_field)
    return checked if several else checked[0]


def _choice(choices: Sequence[Choice], value: Any) -> Choice | None:
    text = _to_string(value, None)
    return pick(choices, text) if text is not None else None


def _checked(name: str, picked: Sequence[Choice | None], form_field: FormField | None) -> list[str]:
    values = []
    for choice in picked:
        if choice is None:
            raise schema_violation(f"The value of property {name!r} is not one of the allowed values (enum).")
        if form_field is not None and form_field.options and choice.option is None and not form_field.has(EDITABLE):
            raise schema_violation(f"The value of property {name!r} is not an option of the PDF field.")
        values.append(choice.value)
    return values


def _enum_choice(member: str, mapped: Mapping[str, Any], options: Sequence[Option], at_box: Option | None) -> Choice:
    names = [mapped.get(key) for key in ("exportValue", "displayValue")]
    aliases = tuple(name for name in names if isinstance(name, str))
    wanted = [*aliases[:1], member]
    option = next((option for name in wanted for option in options if name in (option.export, option.display)), None)
    if option is None:
        keys = {normalise(name) for name in wanted} - {""}
        loose = (option for option in options if {normalise(option.export), normalise(option.display)} & keys)
        option = next(loose, at_box)
    return Choice(member, option, aliases + ((option.export, option.display) if option else ()))


def _mapped(entries: Any, member: str) -> Mapping[str, Any]:
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("schemaValue") == member:
            return entry
    return {}


def _natural_type(form_field: FormField | None) -> str:
    return "boolean" if form_field is not None and form_field.kind == "checkbox" else "string"


def _fitting(name: str, definition: Mapping[str, Any], form_field: FormField | None, value: Any) -> Any:
    """The value if it is short enough; a comb (one box per character) may leave out separators."""
    if not isinstance(value, str):
        return value
    limit = _longest(definition, form_field)
    if limit and len(value) > limit and form_field is not None and form_field.has(COMB):
        value = "".join(character for character in value if character.isalnum())
    if limit and len(value) > limit:
        raise schema_violation(f"The value of property {name!r} is longer than the {limit} characters that fit.")
    return value


def _longest(definition: Mapping[str, Any], form_field: FormField | None) -> int:
    limits = [(definition.get("extend_edit:text_edit_options") or {}).get("maxLength")]
    if form_field is not None and form_field.kind == "text":
        limits.append(form_field.max_length)
    return min((limit for limit in limits if limit), default=0)


def _to_string(value: Any, _: FormField | None) -> str | None:
    if isinstance(value, str):
        # JSON can carry half a surrogate pair, which no PDF string can.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    number = _to_number(value, None)
    return None if number is None else number_text(number)


def _to_number(value: Any, _: FormField | None) -> float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value) if "." in value else int(value)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else None


def _to_integer(value: Any, form_field: FormField | None) -> int | None:
    number = _to_number(value, form_field)
    return int(number) if number is not None and float(number).is_integer() else None


def _to_boolean(value: Any, form_field: FormField | None) -> bool | None:
    if isinstance(value, (bool, int)) and value in (0, 1):
        return bool(value)
    if not isinstance(value, str):
        return None
    if form_field is not None and any(value.strip() in widget.states for widget in form_field.widgets):
        return True
    word = value.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


_CONVERTERS: dict[str, Any] = {
    "string": _to_string,
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
    "array": lambda value, _: value if isinstance(value, list) else None,
    "object": lambda value, _: value if isinstance(value, dict) else None,
    "null": lambda _value, _field: None,
}
