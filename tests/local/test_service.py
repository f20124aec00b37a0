from __future__ import annotations

import json

import pytest

SCHEMA = {"type": "object", "properties": {"total": {"type": "number"}}}


def test_processors_are_declared_at_the_start(start, helpers, tmp_path):
    path = tmp_path / "declarations.json"
    steps = [{"type": "EXTRACT", "config": {"extractor": {"id": "ex_a"}}}]
    declared = {
        "extractors": [{"id": "ex_a", "name": "A", "config": {"schema": SCHEMA}}],
        "workflows": [{"id": "workflow_a", "config": {"steps": steps}}],
    }
    path.write_text(json.dumps(declared))
    _, client = start(declarations=path)
    run = helpers.run(client, "/workflow_runs", workflow={"id": "workflow_a"}, file={"text": "Total: 5"})
    assert run["workflow"]["name"] == "workflow_a"
    assert run["stepRuns"][0]["result"]["extractRun"]["output"]["value"] == {"total": 5}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "declarations.json"),
        ("[]", "object"),
        ('{"models": []}', "models"),
        ('{"extractors": [{"name": "x", "config": {}}]}', "id"),
        ('{"extractors": ["x"]}', "declarations.json"),
        ('{"classifiers": [{"id": "cl_a", "config": {}}]}', "config.classifications"),
    ],
)
def test_bad_declarations_are_refused(start, tmp_path, text, says):
    path = tmp_path / "declarations.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=says):
        start(declarations=path)
    with pytest.raises(OSError, match=r"missing\.json"):
        start(declarations=tmp_path / "missing.json")
