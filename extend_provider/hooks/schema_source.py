"""The ``schema`` argument: a dict, JSON text, a JSON file anywhere, or a pydantic model class."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from extend_provider.arguments import json_object, required_text
from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.forms.filling import filled_schema
from extend_provider.forms.model_schema import as_sent, is_model_class, schema_of_model
from extend_provider.forms.schema import edit_schema
from extend_provider.hooks.files import is_path_text, open_for_upload
from extend_provider.redaction import is_notation, is_path_object, redact_path

__all__ = ["SchemaSource", "read_schema"]


@dataclass(frozen=True)
class SchemaSource:
    """
    A schema that is at hand.

    :param schema: to check values against.
    :param is_model: whether it is from a model class, and so more strict than what Extend takes.
    """

    schema: dict[str, Any] = field(repr=False)
    is_model: bool = False

    def filled(self, values: Mapping[str, Any], *, instructed: bool) -> dict[str, Any]:
        """
        Return the schema with values in it, in the words that Extend takes: see :func:`filled_schema`.

        :raises ExtendConfigurationError: they do not fit.
        """
        filled = filled_schema(self.schema, values, instructed=instructed)
        return as_sent(filled) if self.is_model else filled


def read_schema(schema: Any) -> SchemaSource:
    """
    Return the schema that an argument means.

    :param schema: the argument.
    :raises ExtendConfigurationError: it is no edit schema.
    :raises ExtendFileError: the file does not exist or cannot be read.
    """
    if is_model_class(schema):
        return SchemaSource(schema_of_model(schema), is_model=True)
    if is_path_object(schema) or (isinstance(schema, str) and not is_notation(schema)):
        return SchemaSource(_from_file(schema))
    if hasattr(schema, "model_dump"):
        raise ExtendConfigurationError(
            f"The argument schema is an instance of {type(schema).__name__}.",
            hint="Give the model class itself as schema, and the instance as values.",
        )
    return SchemaSource(edit_schema(json_object(schema, "schema"), "the argument schema"))


def _from_file(path: Any) -> dict[str, Any]:
    required_text(str(path), "schema")
    if isinstance(path, str) and not is_path_text(path.strip()):
        # Without the text: Jinja may have made it of an object with values.
        raise ExtendConfigurationError(
            "The argument schema is text that is neither JSON nor the path of a file.",
            hint="A model class cannot come from a template: give the class itself.",
        )
    shown = redact_path(path)
    with open_for_upload(path) as (stream, _):
        try:
            return edit_schema(json.loads(stream.read().decode("utf-8-sig")), shown)
        except (ValueError, RecursionError):
            raise ExtendConfigurationError(f"The schema {shown} is not JSON.") from None
