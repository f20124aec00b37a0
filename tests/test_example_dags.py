from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from airflow.providers.common.compat.sdk import DAG

EXAMPLES = sorted((Path(__file__).parents[1] / "example_dags").glob("*.py"))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_parses_without_network_and_explains_itself(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("network"))
    spec = importlib.util.spec_from_file_location(f"example_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    dags = [value for value in vars(module).values() if isinstance(value, DAG)]

    assert [dag.dag_id for dag in dags] == [file.stem]
    assert dags[0].doc_md
    assert len(file.read_text().splitlines()) < 80
