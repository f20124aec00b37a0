"""What the pages say about connections, Airflow and the hook understand."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from dev.pages import Block
from extend_provider.client.settings import REGIONS
from extend_provider.hooks.extend import ExtendHook
from tests.docs.claims import BLOCKS, each, sets_connections
from tests.docs.shell import Shell

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = [block for block in BLOCKS if sets_connections(block)]
SHOW = "python -c 'import json, os; print(json.dumps(dict(os.environ)))'"


@each(VARIABLES)
def test_the_hook_reads_the_variables(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "company-ca.pem"
    bundle.touch()
    with Shell(tmp_path) as shell:
        shell.run(block.code.replace("%2Fetc%2Fssl%2Fcompany-ca.pem", str(bundle).replace("/", "%2F")))
        exported = json.loads(shell.run(SHOW))
    names = re.findall(r"^export AIRFLOW_CONN_(\w+)=", block.code, re.MULTILINE)
    assert names
    for name in names:
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", exported[f"AIRFLOW_CONN_{name}"])
        settings = ExtendHook(name.lower()).settings()
        region = re.search(r"region\W+(\w+)", exported[f"AIRFLOW_CONN_{name}"])
        assert settings.api_key == "sk_..."
        assert settings.workspace_id == ("ws_123" if "ws_123" in exported[f"AIRFLOW_CONN_{name}"] else None)
        assert settings.base_url in {REGIONS[region[1] if region else "us"], "https://extend.example.com"}


def test_there_are_such_blocks() -> None:
    assert {"README.md", "docs/connection.md"} == {block.page for block in VARIABLES}
