"""What an instance of a pydantic model holds: as its JSON says it, but with the secrets and all digits of decimals."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from extend_provider.forms.unsayable import Unsayable

__all__ = ["is_model", "is_secret", "model_values"]


def is_model(value: Any) -> bool:
    """Whether a value is an instance of a pydantic model; does not import pydantic to tell."""
    return not isinstance(value, type) and hasattr(type(value), "model_fields") and hasattr(value, "model_dump")


def is_secret(value: Any) -> bool:
    """Whether a value is one of pydantic's secrets: ``SecretStr``, ``SecretBytes``, ``Secret[…]``."""
    return not isinstance(value, type) and hasattr(value, "get_secret_value")


def model_values(model: Any) -> Any:
    """
    Return the values of a model by alias.

    The model's own serializers are heard, but for a secret: its JSON is asterisks, and these would go on the form.

    :param model: an instance.
    :return: JSON, but for secrets and decimals, and with a mark for each field that the model cannot turn into it.
    """
    whole = _dumped(model)
    return _by_field(model) if isinstance(whole, Unsayable) else whole


def _dumped(model: Any, **which: Any) -> Any:
    try:
        # Warnings would quote values, and so does an error's own text.
        in_json = model.model_dump(mode="json", by_alias=True, warnings=False, **which)
        in_python = model.model_dump(mode="python", by_alias=True, warnings=False, **which)
    except Exception as error:  # noqa: BLE001 - serializers are the user's code
        return Unsayable(f"cannot be written as JSON by the model {type(model).__name__} ({type(error).__name__})")
    return _with_secrets(in_json, in_python)


def _by_field(model: Any) -> Any:
    """Dump again what could not be dumped as a whole, to tell which fields it is because of."""
    values: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        one = _dumped(model, include={name})
        alias = field.serialization_alias or field.alias or name
        values[alias] = one if isinstance(one, Unsayable) else None
    # A computed field or a serializer of the whole model, else.
    is_told = any(isinstance(value, Unsayable) for value in values.values())
    return values if is_told else Unsayable(f"cannot be written as JSON by the model {type(model).__name__}")


def _with_secrets(in_json: Any, in_python: Any) -> Any:
    """Return the JSON of something with what stands in Python in the place of asterisks."""
    if is_secret(in_python):
        # A serializer of the user's own may have said the secret, or something else.
        return in_python if in_json == str(in_python) or _is_masked(in_json) else in_json
    if isinstance(in_python, Decimal):
        return in_python if in_json == str(in_python) else in_json
    if isinstance(in_python, (set, frozenset)) and isinstance(in_json, list):
        return in_python if any(map(is_secret, in_python)) else sorted(in_json, key=repr)
    if isinstance(in_json, Mapping) and isinstance(in_python, Mapping):
        others = _by_name(in_json, in_python)
        return {name: _with_secrets(one, others.get(name)) for name, one in in_json.items()}
    if isinstance(in_json, list) and isinstance(in_python, (list, tuple)) and len(in_json) == len(in_python):
        return [_with_secrets(one, other) for one, other in zip(in_json, in_python, strict=True)]
    return in_json


def _by_name(in_json: Mapping[str, Any], in_python: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what Python has, under the names that it has in JSON; a serializer of the whole may change their order."""
    pairs = {name: in_python[name] for name in in_json if name in in_python}
    rest = [name for name in in_json if name not in in_python]
    others = [(name, item) for name, item in in_python.items() if name not in in_json]
    # Numbers and dates are names in Python, and text in JSON. One text in the place of another may mean anything.
    if len(rest) == len(others) and not any(isinstance(name, str) for name, _ in others):
        pairs.update(zip(rest, (item for _, item in others), strict=True))
    return pairs


def _is_masked(in_json: Any) -> bool:
    return isinstance(in_json, str) and not in_json.strip("*")
