"""A pydantic model class, turned into an edit schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.forms.schema import LIMITS, types_of

__all__ = ["as_sent", "is_model_class", "schema_of_model"]

_CONTROL = "extend_edit:field_type"
_TEXT_OPTIONS = "extend_edit:text_edit_options"
# Of JSON Schema, what Extend takes in a field besides those that are made anew here.
_TAKEN = frozenset({"description", "required", "additionalProperties", "maxItems"})
# What it does not take, but values can be checked against.
_CHECKED = frozenset({*LIMITS, "format", "minItems"})
_CONTROLS = {"string": "text", "number": "text", "integer": "text", "boolean": "checkbox"}
_ORIGIN = "$origin"
_UNFIT = "Fields of a form are text, numbers, bool, dates, Literal, Enum, models, and lists of those."


def is_model_class(value: Any) -> bool:
    """Whether a value is a pydantic model class; does not import pydantic to tell."""
    return isinstance(value, type) and hasattr(value, "model_fields") and hasattr(value, "model_json_schema")


def schema_of_model(model: Any) -> dict[str, Any]:
    """
    Return the edit schema of a pydantic model class, to check values against; :func:`as_sent` makes it Extend's.

    Fields become fields of the form, by alias where they have one: text, numbers and dates a text field, ``bool`` a
    check box, ``Literal`` and ``Enum`` a choice, a list of those a choice of several, a model a group, a list of models
    a table. ``Field(json_schema_extra={"extend_edit:…": …})`` adds keys of Extend's.

    :param model: the class.
    :raises ExtendConfigurationError: it has no fields, or one of a type that no field of a form can hold.
    """
    from extend_provider.forms.model_json import model_json_schema

    try:
        plain = model_json_schema(model)
    except Exception as error:
        raise ExtendConfigurationError(
            f"The model {model.__name__} cannot be turned into a schema ({type(error).__name__}).", hint=_UNFIT
        ) from error
    schema = _Conversion(model.__name__, plain.get("$defs", {})).whole(plain)
    return {key: value for key, value in schema.items() if key != "description"}


class _Conversion:
    """
    The conversion of one model.

    :param model: its name, for errors.
    :param definitions: the other models that it refers to.
    """

    def __init__(self, model: str, definitions: Mapping[str, Any]) -> None:
        self._model = model
        self._definitions = definitions
        self._open: list[str] = []

    def whole(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Return the schema of the model itself, which pydantic may have put a reference to in its place."""
        variants = list(self._variants(plain))
        if len(variants) != 1 or not variants[0].get("properties"):
            raise ExtendConfigurationError(f"The model {self._model} has no fields with names.", hint=_UNFIT)
        return self.group(variants[0], "")

    def group(self, plain: Mapping[str, Any], path: str) -> dict[str, Any]:
        """Return the schema of a model."""
        plain = self._resolved(plain)
        origin = plain.get(_ORIGIN, "")
        if origin in self._open:
            raise self._unfit(path, "holds itself")
        self._open.append(origin)
        properties = plain.get("properties", {})
        fields = {name: self._field(field, f"{path}.{name}".lstrip(".")) for name, field in properties.items()}
        self._open.pop()
        result: dict[str, Any] = {**_kept(plain), "type": "object", "properties": fields}
        result["required"] = [name for name in plain.get("required", []) if _is_wanted(properties[name], fields[name])]
        return result if result["required"] else {key: value for key, value in result.items() if key != "required"}

    def _field(self, plain: Mapping[str, Any], path: str) -> dict[str, Any]:
        variants = list(self._variants(plain))
        kinds = [variant for variant in variants if variant.get("type") != "null"]
        own = {key: value for key, value in plain.items() if key == "description" or key.startswith("extend")}
        if kinds and all(map(_is_choice, kinds)):
            return {**_choice(kinds), **own}
        if len(kinds) != 1:
            raise self._unfit(path, "has more than one type")
        field = {**self._typed(kinds[0], path), **own}
        return {**field, "type": [field["type"], "null"]} if len(kinds) < len(variants) and "type" in field else field

    def _variants(self, plain: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """The alternatives that a field's type has, without references and nesting."""
        plain = self._resolved(plain)
        inner = plain.get("anyOf") or plain.get("oneOf") or plain.get("allOf")
        if not inner:
            yield plain
        for variant in inner or ():
            yield from self._variants(variant)

    def _typed(self, kind: Mapping[str, Any], path: str) -> dict[str, Any]:
        name = kind.get("type")
        if name == "object" and "properties" in kind:
            return self.group(kind, path)
        if name == "array":
            return self._array(kind, path)
        if name not in _CONTROLS:
            raise self._unfit(path, "has a type that no field of a form can hold")
        longest = {_TEXT_OPTIONS: {"maxLength": kind["maxLength"]}} if "maxLength" in kind else {}
        return {**_kept(kind), "type": name, _CONTROL: _CONTROLS[name], **longest}

    def _array(self, kind: Mapping[str, Any], path: str) -> dict[str, Any]:
        items = list(self._variants(kind.get("items", {})))
        if all(map(_is_choice, items)):
            return {**_choice(items), _CONTROL: "optionList"}
        if len(items) != 1 or "properties" not in items[0]:
            raise self._unfit(path, "is a list of what is no model and no choice")
        return {**_kept(kind), "type": "array", "items": self.group(items[0], f"{path}[]"), _CONTROL: "table"}

    def _resolved(self, plain: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = plain.get("$ref")
        if not isinstance(reference, str):
            return plain
        name = reference.rpartition("/")[2]
        return {**self._definitions[name], **{key: plain[key] for key in plain if key != "$ref"}, _ORIGIN: name}

    def _unfit(self, path: str, why: str) -> ExtendConfigurationError:
        return ExtendConfigurationError(f"{path or 'It'} in the model {self._model} {why}.", hint=_UNFIT)


def _is_wanted(plain: Mapping[str, Any], field: Mapping[str, Any]) -> bool:
    # "Required" in a model means that the key must be there: of what may be None that says nothing, and what is
    # computed (read-only) only an instance has.
    return "null" not in types_of(field) and not plain.get("readOnly")


def _is_choice(kind: Mapping[str, Any]) -> bool:
    return "enum" in kind or "const" in kind


def _choice(kinds: list[Mapping[str, Any]]) -> dict[str, Any]:
    """A choice names no control: only the form knows whether it has radio buttons or a list."""
    members = [member for kind in kinds for member in kind.get("enum", [kind.get("const")])]
    return {"enum": list(dict.fromkeys(members))}


def _kept(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in plain.items() if key in _TAKEN | _CHECKED or key.startswith("extend")}


def as_sent(definition: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a model's schema with the words that Extend takes.

    Simple types are always nullable there, groups and tables never; limits have no place.
    """
    sent = {key: value for key, value in definition.items() if key not in _CHECKED}
    name = next((name for name in types_of(definition) if name != "null"), None)
    if name is not None:
        sent["type"] = [name, "null"] if name in _CONTROLS else name
    if "properties" in sent:
        sent["properties"] = {name: as_sent(field) for name, field in sent["properties"].items()}
    if "items" in sent:
        sent["items"] = as_sent(sent["items"])
    return sent
