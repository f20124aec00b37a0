"""Values into a schema: checked, all problems in one error, then put in as ``extend_edit:value``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.forms.checking import misfits, missing
from extend_provider.forms.naming import assigned, fields_meant
from extend_provider.forms.own_values import copied, spread, spread_out, values_held
from extend_provider.forms.rules import broken_rules
from extend_provider.forms.schema import fields_in, is_group, names_in
from extend_provider.forms.taken import values_taken
from extend_provider.forms.unsayable import unsayable_in
from extend_provider.redaction import VALUE_KEY

__all__ = ["filled_schema", "holds_values"]

_MOST_NAMES = 100
# A table of thousands of rows has as many problems; enough is enough to see what they have in common.
_MOST_PROBLEMS = 200


def filled_schema(schema: Mapping[str, Any], values: Mapping[str, Any], *, instructed: bool = False) -> dict[str, Any]:
    """
    Return the schema with the values in it; they win over values that it has.

    :param schema: an edit schema; never changed.
    :param values: plain JSON by name, with marks for what JSON cannot say. Fields inside of groups are named by
        nesting, or with dots.
    :param instructed: whether instructions go with the values. What is missing may stand there, so that neither
        required fields nor rules over several fields are judged; a required field that is given as ``None`` is.
    :raises ExtendConfigurationError: they do not fit: names that do not exist, wrong types, choices that there are not,
        required fields that are missing, what JSON cannot say. All problems are named at once, and no value is.
    """
    problems: list[str] = []
    placed = _placed(schema, values, problems)
    has_unknown = bool(problems)
    problems += unsayable_in(values)
    problems += misfits(schema, placed)
    judged = spread_out(schema)
    problems += missing(judged, placed, instructed=instructed)
    if not instructed:
        doubtful = _doubtful(judged, values, values_held(judged, placed)) if problems else ()
        problems += broken_rules(judged, placed, doubtful)
    if problems:
        raise _do_not_fit(schema, problems, has_unknown)
    filled: dict[str, Any] = copied(schema)
    _fill(filled, placed)
    return filled


def _placed(schema: Mapping[str, Any], values: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    return values_taken(schema, assigned(schema, values, problems))


def _doubtful(schema: Mapping[str, Any], values: Mapping[str, Any], held: Mapping[str, Any]) -> set[str]:
    """The fields of the schema itself with which something is wrong: not there though required, misnamed, misfit."""
    required = schema.get("required")
    names = {name for name in required if isinstance(name, str)} if isinstance(required, list) else set()
    found = names - held.keys()
    for name, value in values.items():
        problems: list[str] = []
        alone = _placed(schema, {name: value}, problems)
        if problems or any(unsayable_in(value)) or any(misfits(schema, alone)):
            found.update(fields_meant(schema, name))
    return found


def holds_values(schema: Any, values: Mapping[str, Any]) -> bool:
    """Whether a schema, as a run shows it, has all of these values in it already."""
    if not isinstance(schema, dict):
        return False
    problems: list[str] = []
    placed = _placed(schema, values, problems)
    filled = copied(schema)
    _fill(filled, placed)
    return not problems and filled == schema


def _fill(definition: dict[str, Any], values: Mapping[str, Any]) -> None:
    fields = fields_in(definition)
    for name, value in values.items():
        if is_group(fields[name]):
            spread(fields[name])
            # Nothing for a group is nothing for each of its fields.
            _fill(fields[name], value if isinstance(value, dict) else dict.fromkeys(fields_in(fields[name])))
        else:
            fields[name][VALUE_KEY] = value


def _do_not_fit(schema: Mapping[str, Any], problems: list[str], has_unknown: bool) -> ExtendConfigurationError:
    count = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
    lines = [f"The values do not fit the form: {count}. Nothing was filled."]
    lines += [f"- {line}" for line in problems[:_MOST_PROBLEMS]]
    if len(problems) > _MOST_PROBLEMS:
        lines.append(f"and {len(problems) - _MOST_PROBLEMS} more.")
    if has_unknown:
        names = list(names_in(schema))
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        lines.append(f"Fields of the form: {', '.join(names[:_MOST_NAMES])}{more}.")
    return ExtendConfigurationError("\n".join(lines))
