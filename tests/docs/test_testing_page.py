"""docs/testing-dags.md: a project with the README's DAG, tested as the page says."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from dev.pages import ROOT
from tests.docs.claims import BLOCKS, the_block
from tests.docs.shell import Shell

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "docs/testing-dags.md"
CONFTEST = the_block(PAGE, "import os\n")
WHOLE_DAG = the_block(PAGE, "from pathlib import Path\n\nimport pytest\nfrom pypdf")
COMMAND = the_block(PAGE, "$ python -m pytest")
[README_DAG] = [block for block in BLOCKS if block.page == "README.md" and block.language == "python"]


def test_the_tests_of_a_whole_dag_pass(tmp_path: Path) -> None:
    files = {
        "dags/fill_w9.py": README_DAG.code,
        "tests/conftest.py": CONFTEST.code,
        "tests/test_fill_w9.py": WHOLE_DAG.code,
    }
    for name, code in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code)
    shutil.copy(ROOT / "example_dags" / "forms" / "onboarding.pdf", tmp_path / "tests" / "form.pdf")

    with Shell(tmp_path) as shell:
        shell.follow(COMMAND)
