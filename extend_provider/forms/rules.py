"""The rules of a schema over several fields, such as "who has an LLC gives its tax class too"."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from extend_provider.forms.json_schema import errors_in
from extend_provider.forms.own_values import values_held

__all__ = ["broken_rules"]


def broken_rules(schema: Mapping[str, Any], values: Mapping[str, Any], doubtful: Collection[str] = ()) -> Iterator[str]:
    """
    Yield a line for each rule over several fields that the values break.

    :param schema: the whole schema, with the values that it has itself: see
        :func:`extend_provider.forms.own_values.spread_out`.
    :param values: in its shape, as they will stand there. Nothing (``None``) is no value.
    :param doubtful: names of fields with which something is wrong anyway: rules about them would only say so again, or
        judge what was never meant.
    """
    held = values_held(schema, values)
    for rule in _rules(schema):
        for error in errors_in(rule, held) if _names_in(rule).isdisjoint(doubtful) else ():
            where = f"{'.'.join(map(str, error.absolute_path))}: " if error.absolute_path else ""
            yield f"{where}does not fit the schema's rule {error.validator}{_names_wanted(error)}"


def _rules(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rules one by one, each a JSON Schema."""
    dependent = schema.get("dependentRequired")
    for name, names in dependent.items() if isinstance(dependent, dict) else ():
        yield {"dependentRequired": {name: names}}
    if "if" in schema:
        yield {key: schema[key] for key in ("if", "then", "else") if key in schema}
    several = schema.get("allOf")
    for clause in several if isinstance(several, list) else ():
        yield {"allOf": [clause]}
    for key in ("not", "oneOf", "anyOf"):
        if key in schema:
            yield {key: schema[key]}


def _names_in(rule: Any) -> set[str]:
    """The fields that a rule is about."""
    names: set[str] = set()
    nodes = [rule]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += node
        for key, part in node.items() if isinstance(node, dict) else ():
            if key in {"properties", "dependentRequired"} and isinstance(part, dict):
                names |= part.keys()
            if key == "required" and isinstance(part, list):
                names |= {name for name in part if isinstance(name, str)}
            if key == "dependentRequired" and isinstance(part, dict):
                nodes += ({"required": wanted} for wanted in part.values())
            else:
                nodes.append(part)
    return names


def _names_wanted(error: Any) -> str:
    """Names may be shown; what else stands in a rule may be a value."""
    wanted = error.validator_value
    if error.validator == "dependentRequired":
        wanted = [name for given, names in wanted.items() if given in error.instance for name in names]
    elif error.validator != "required":
        return ""
    return f": {', '.join(name for name in wanted if name not in error.instance)}"
