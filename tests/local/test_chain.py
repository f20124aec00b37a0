"""Filling, parsing and extracting in a row: what went in comes out again, also on real tax forms."""

from __future__ import annotations

from pathlib import Path

import pytest

FORMS = Path(__file__).parents[3] / "shared" / "forms"
TAKEN = ("text", "checkbox", "radio", "dropdown")


def sample(name, definition, number):
    """A value that the field takes."""
    if definition.get("enum"):
        return definition["enum"][-1]
    if "boolean" in definition["type"]:
        return number % 2 == 0
    return f"v{number} {name}".replace("_", " ")[
        : definition.get("extend_edit:text_edit_options", {}).get("maxLength") or 12
    ].strip()


@pytest.mark.parametrize("flatten", [True, False])
@pytest.mark.parametrize("name", ["irs-f1040-2024.pdf", "irs-f1116-2024.pdf"])
def test_values_come_back_from_tax_forms(client, local, helpers, name, flatten):
    if not (FORMS / name).exists():
        pytest.skip(f"the IRS forms are not at ../shared/forms ({name})")
    file = {"id": local.add_file(name, (FORMS / name).read_bytes())}
    detected = helpers.run(client, "/form_detection_runs", file=file)["output"]["schema"]
    properties = {
        key: {**item, "extend_edit:value": sample(key, item, number)}
        for number, (key, item) in enumerate(detected["properties"].items())
        if item["extend_edit:field_type"] in TAKEN
    }
    config = {"schema": {**detected, "properties": properties}, "advancedOptions": {"flattenPdf": flatten}}
    edited = helpers.run(client, "/edit_runs", file=file, config=config)
    filled = edited["output"]["filledValues"]
    assert len(filled) == len(properties) > 50
    result = {"id": edited["output"]["editedFile"]["id"]}

    wanted = {key: {name: value for name, value in item.items() if ":" not in name} for key, item in properties.items()}
    schema = {"type": "object", "properties": wanted}
    extracted = helpers.run(client, "/extract_runs", file=result, config={"schema": schema})
    assert extracted["output"]["value"] == filled

    parsed = helpers.run(client, "/parse_runs", file=result)
    text = "".join("".join(chunk["content"] for chunk in parsed["output"]["chunks"]).split())
    texts = ["".join(value.split()) for value in filled.values() if isinstance(value, str) and value.startswith("v")]
    assert [value for value in texts if value not in text] == []
