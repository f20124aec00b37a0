"""Reading values by JSON schema, without a model: form fields, labelled text, and tables for arrays of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.local.documents.coercion import coerce, to_currency, types_of
from extend_provider.local.names import normalise, snake_name, unique_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extend_provider.local.documents.finder import Finder, Found

_DEEPEST = 20  # a schema that refers to itself must end


class Extraction:
    """
    Reads the values of one schema.

    :param schema: JSON schema of an object.
    :param finder: the documents.
    :param citations: whether to tell where each value stands.
    """

    def __init__(self, schema: dict[str, Any], finder: Finder, *, citations: bool = True) -> None:
        self._schema = schema
        self._finder = finder
        self._citations = citations
        self.metadata: dict[str, Any] = {}

    def read(self) -> dict[str, Any]:
        """:return: the values; None where nothing was found. ``metadata`` is filled in on the way."""
        return self._object(self._schema, "", ())

    def _object(self, schema: Mapping[str, Any], path: str, parents: tuple[str, ...]) -> dict[str, Any]:
        properties = schema.get("properties") or {}
        return {name: self._value(name, item, _child(path, name), parents) for name, item in properties.items()}

    def _value(self, name: str, definition: Any, path: str, parents: tuple[str, ...]) -> Any:
        definition = self._resolved(definition)
        if definition.get("extend:type") == "currency":
            found = self._find(name, definition, parents)
            return self._noted(path, None if found is None else to_currency(found.value), found)
        types = types_of(definition)
        if "properties" in definition and len(parents) < _DEEPEST:
            return self._object(definition, path, (*parents, name))
        items = self._resolved(definition.get("items"))
        if "array" in types and "properties" in items:
            found = self._find(name, definition, parents)
            if found is not None and isinstance(found.value, list):
                return self._given_rows(items, path, found)
            return self._rows(items, path)
        found = self._find(name, definition, parents)
        return self._noted(path, None if found is None else coerce(found.value, {**definition, "items": items}), found)

    def _find(self, name: str, definition: Mapping[str, Any], parents: tuple[str, ...]) -> Found | None:
        """Look for "billing city" before "city" when the property is a part of another."""
        names = [text for text in (name, definition.get("title"), definition.get("description")) if text]
        within = [f"{' '.join(parents[start:])} {text}" for start in range(len(parents)) for text in names]
        return self._finder.find([*within, *names])

    def _rows(self, items: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
        """The rows of the first table that has a column for one of the properties."""
        properties = {name: self._resolved(item) for name, item in (items.get("properties") or {}).items()}
        for table, page, file_id in self._finder.tables:
            columns = _columns(table.rows[0], properties)
            if not columns:
                continue
            rows = []
            for index, row in enumerate(table.rows[1:]):
                rows.append(dict.fromkeys(properties))
                for name, column in columns.items():
                    rows[index][name] = _cell(row[column], properties[name])
                    place = {"number": page.number}
                    cited = {"fileId": file_id, "page": place, "referenceText": row[column], "polygon": []}
                    self._note(f"{path}[{index}].{name}", [cited])
            return rows
        return []

    def _given_rows(self, items: Mapping[str, Any], path: str, found: Found) -> list[dict[str, Any]]:
        """The rows of a table that an edit run has filled."""
        properties = {name: self._resolved(item) for name, item in (items.get("properties") or {}).items()}
        rows = [row for row in found.value if isinstance(row, dict)]
        for index in range(len(rows)):
            for name in properties:
                self._note(f"{path}[{index}].{name}", [found.citation()])
        return [{name: _cell(row.get(name), item) for name, item in properties.items()} for row in rows]

    def _noted(self, path: str, value: Any, found: Found | None) -> Any:
        self._note(path, [] if found is None or value is None else [found.citation()])
        return value

    def _note(self, path: str, citations: list[dict[str, Any]]) -> None:
        # There is neither a model nor optical recognition, so there is no confidence to tell.
        entry: dict[str, Any] = {"ocrConfidence": None, "logprobsConfidence": None}
        self.metadata[path] = {**entry, "citations": citations} if self._citations else entry

    def _resolved(self, definition: Any) -> dict[str, Any]:
        """The schema behind a reference, and the part of "anyOf" that is not null: pydantic writes both."""
        for _ in range(_DEEPEST):
            if not isinstance(definition, dict):
                return {}
            if isinstance(definition.get("$ref"), str):
                definition = {**self._referred(definition["$ref"]), **_without(definition, "$ref")}
            elif isinstance(definition.get("anyOf"), list):
                choices = [item for item in definition["anyOf"] if item != {"type": "null"}]
                chosen = choices[0] if choices and isinstance(choices[0], dict) else {}
                definition = {**chosen, **_without(definition, "anyOf")}
            else:
                return definition
        return {}

    def _referred(self, reference: str) -> dict[str, Any]:
        target: Any = self._schema
        for part in reference.removeprefix("#/").split("/"):
            target = target.get(part) if isinstance(target, dict) else None
        return target if isinstance(target, dict) else {}


def infer_schema(finder: Finder) -> dict[str, Any]:
    """
    Make a schema of whatever has a name in a document.

    :param finder: the documents.
    :return: JSON schema; one property for each form field that has a value and for each labelled value with a colon.
    """
    properties: dict[str, Any] = {}
    for field in finder.fields:
        if field.value is not None:
            kind = "boolean" if isinstance(field.value, bool) else "string"
            name = snake_name(field.names[0].rpartition(".")[2]) or "field"
            properties[unique_name(name, properties)] = {"type": [kind, "null"], "description": field.names[0]}
    for item in finder.labelled:
        name = snake_name(item.label)
        if item.colon and name and name not in properties:
            properties[name] = {"type": ["string", "null"], "description": item.label}
    return {"type": "object", "properties": properties}


def _columns(header: Sequence[str], properties: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    keys = [normalise(cell) for cell in header]
    columns = {}
    for name, definition in properties.items():
        names = [text for text in (name, definition.get("title"), definition.get("description")) if text]
        column = next((keys.index(key) for key in map(normalise, names) if key in keys), None)
        if column is not None:
            columns[name] = column
    return columns


def _cell(text: Any, definition: dict[str, Any]) -> Any:
    if text is None or text == "":
        return None
    return to_currency(text) if definition.get("extend:type") == "currency" else coerce(text, definition)


def _child(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _without(definition: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in definition.items() if name != key}
