"""The documentation is true: its snippets run, its tables equal the code, its links lead somewhere."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import extend_provider
from extend_provider import exceptions
from extend_provider._compat import retry_policies
from extend_provider.client import answers, settings
from extend_provider.connection_fields import FIELDS, ui_field_behaviour
from extend_provider.failure_reasons import FAILURE_REASONS
from extend_provider.get_provider_info import get_provider_info
from extend_provider.hooks import connection, connection_check
from extend_provider.operators.edit import ExtendCreateEditRunOperator, ExtendGetEditRunOperator
from tests.airflow_names import DAG, ObjectStoragePath, task
from tests.task_runs import run_task

if TYPE_CHECKING:
    from extend_provider.local import LocalService

ROOT = Path(__file__).parents[1]
PACKAGE = Path(extend_provider.__file__).parent
PAGES = {
    str(file.relative_to(ROOT)): file.read_text()
    for file in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))
}
README = PAGES["README.md"]
CONNECTION, ERRORS, FILLING, TESTING = (
    PAGES[f"docs/{name}.md"] for name in ("connection", "errors", "filling-forms", "testing-dags")
)


def snippets(text: str, language: str = "python") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


SNIPPETS = [(page, code) for page, text in PAGES.items() for code in snippets(text)]
# Tests and what starts processes are not for exec(); the pages' own tests run below.
RUNNABLE = [(page, code) for page, code in SNIPPETS if not re.search(r"os\.environ|extend_local|def test_", code)]


def rows(text: str, first_column: str) -> list[list[str]]:
    """The cells of the table with this head, without backticks and without the head."""
    table = re.search(rf"^\| {re.escape(first_column)} \|.*\n\|[-|]+\|\n((?:\|.*\n?)+)", text, re.MULTILINE)
    assert table, f"no table {first_column}"
    lines = table[1].replace("`", "").splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def run_snippet(code: str) -> dict[str, Any]:
    """Run a snippet as if inside a DAG, after the imports that its page has shown before."""
    namespace: dict[str, Any] = {"json": json, "task": task, "ObjectStoragePath": ObjectStoragePath}
    for name, module, _ in rows(README, "class"):
        namespace[name] = getattr(importlib.import_module(module), name)
    with DAG("around_the_snippet", schedule=None):
        exec(compile(for_this_airflow(code), "snippet", "exec"), namespace)
    return namespace


def for_this_airflow(code: str) -> str:
    """Import from where Airflow 2 has it, where this is one; docs/compatibility.md says so."""
    if importlib.util.find_spec("airflow.sdk"):
        return code
    places = {"DAG": "airflow", "task": "airflow.decorators"}
    return re.sub(
        r"^from airflow\.sdk import (.*)$",
        lambda names: "; ".join(f"from {places[name]} import {name}" for name in names[1].split(", ")),
        code,
        flags=re.MULTILINE,
    )


def slugs(text: str) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize(("page", "code"), SNIPPETS)
def test_snippets_compile(page: str, code: str) -> None:
    compile(code, page, "exec")


@pytest.mark.parametrize(("page", "code"), RUNNABLE)
def test_snippets_run_without_network(page: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if "retry_policy" in code and not retry_policies():
        pytest.skip("Airflow below 3.3 has no retry policies")
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("network"))
    made = run_snippet(code)
    tasks = [value for value in made.values() if getattr(value, "task_id", None)]
    if ".expand(" not in code:
        assert bool(tasks) == ("task_id=" in code)
    if "with DAG(" in code:
        assert {task.dag.dag_id for task in tasks} == set(re.findall(r'with DAG\("(\w+)"', code))


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        path, _, anchor = target.partition("#")
        if not path.startswith("https://"):
            file = ((ROOT / page).parent / path).resolve() if path else ROOT / page
            assert file.is_relative_to(ROOT)
            assert file.exists(), target
            assert not anchor or anchor in slugs(file.read_text()), target


@pytest.mark.parametrize("page", PAGES)
def test_paths_and_targets_exist(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:`|\$ )make ([a-z0-9-]+)", PAGES[page]):
        assert f"\n{target}:" in makefile, target
    for path in re.findall(r"`((?:tests|extend_provider|dev|docs|example_dags)/[\w./-]*|\.ci/run)`", PAGES[page]):
        assert any((folder / path).exists() for folder in (ROOT, PACKAGE.parent)) or page == "docs/testing-dags.md", (
            path
        )


def test_overviews_are_complete_and_short() -> None:
    [phony] = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = {row[0].removeprefix("make ") for row in rows(PAGES["CONTRIBUTING.md"], "target")}
    assert listed == set(phony.split()) - {"help"}
    for page in PAGES:
        assert page == "docs/index.md" or Path(page).name in PAGES["docs/index.md"], page
    assert len(README.splitlines()) < 120


def test_class_table() -> None:
    info, groups = get_provider_info(), ("operators", "sensors", "triggers", "hooks")
    modules = [name for group in groups for name in info[group][0]["python-modules"]]
    public = {(name, module) for module in modules for name in importlib.import_module(module).__all__}
    listed = {(name, module) for name, module, _ in rows(README, "class")}
    assert listed == {(name, module) for name, module in public if not name.endswith("Error")}


def test_connection_tables() -> None:
    in_readme = {row[0].removeprefix("extra "): row[2] for row in rows(README, "field")}
    in_page = {row[0]: row for row in rows(CONNECTION, "field")}
    assert set(in_readme) == set(in_page) == {"password", "host", *connection.EXTRAS}
    for field in FIELDS:
        assert in_page[field.name][1] == field.label
        assert field.default is None or field.default == in_page[field.name][3] == in_readme[field.name]
    relabelled = ui_field_behaviour()["relabeling"]
    assert {name: in_page[name][1] for name in relabelled} == relabelled
    assert dict(rows(CONNECTION, "region")) == settings.REGIONS


def test_messages_of_the_test_button() -> None:
    sources = "".join(inspect.getsource(module) for module in (answers, settings, connection, connection_check))
    for message, _ in rows(CONNECTION, "it says"):
        assert all(part in sources for part in message.split("…")), message


def test_error_tree_and_tables() -> None:
    tree = next(text for text in snippets(ERRORS, "text") if text.startswith("ExtendError\n"))
    parents: list[str] = []
    for line in tree.splitlines():
        depth, name = line.index("Extend") // 4, line[line.index("Extend") :]
        parents[depth:] = [name]
        assert getattr(exceptions, name).__base__.__name__ == (parents[depth - 1] if depth else "Exception")
    assert sorted(re.findall(r"\w+", tree)) == sorted(exceptions.__all__)
    explained = {row[0] for row in rows(ERRORS, "error")}
    assert explained == set(exceptions.__all__) - {"ExtendError", "ExtendRunError"}
    for attributes, classes, _ in rows(ERRORS, "attribute"):
        for cls in classes.replace("all", "ExtendError").split(", "):
            assert all(hasattr(getattr(exceptions, cls), name) for name in attributes.split(", "))
    expected = {name: ["yes" if advice.retryable else "no", advice.remedy] for name, advice in FAILURE_REASONS.items()}
    assert {row[0]: row[1:] for row in rows(ERRORS, "reason")} == expected


def test_result_tables(extend_local: LocalService, uploaded_form: str) -> None:
    created = run_task(ExtendCreateEditRunOperator(task_id="f", file=uploaded_form, include_filled_values=True))
    got = run_task(ExtendGetEditRunOperator(task_id="g", run_id=created.value["run_id"]))
    assert {row[0] for row in rows(FILLING, "XCom key")} == {*created.xcom, "return_value"}
    keys = [name for row in rows(FILLING, "key of the dict") for name in row[0].split(", ")]
    assert sorted(keys) == sorted({*created.value, *got.value})


def test_the_readmes_dag_fills_a_form(extend_local: LocalService, form_pdf: bytes, tmp_path: Path) -> None:
    from pypdf import PdfReader

    (tmp_path / "form.pdf").write_bytes(form_pdf)
    dag = run_snippet(snippets(README)[0])["dag"]
    params = {**dag.params.dump(), "form": str(tmp_path / "form.pdf"), "result": str(tmp_path / "filled.pdf")}
    pushed: dict[str, Any] = {}
    ti = SimpleNamespace(xcom_pull=lambda task_id, key: pushed[task_id][key])
    for operator in dag.topological_sort():
        operator.render_template_fields({"params": params, "ti": ti})
        pushed[operator.task_id] = run_task(operator).xcom
    assert "Jordan Avery" in PdfReader(params["result"]).pages[0].extract_text()


@pytest.mark.e2e
def test_the_examples_of_the_testing_page_pass(tmp_path: Path) -> None:
    conftest, whole_dag, *one_operator = snippets(TESTING)
    for name, code in {
        "dags/fill_w9.py": snippets(README)[0],
        "tests/conftest.py": conftest,
        "tests/test_fill_w9.py": whole_dag,
        "tests/test_one_operator.py": "\n\n".join(one_operator),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code)
    shutil.copy(ROOT / "example_dags" / "forms" / "onboarding.pdf", tmp_path / "tests" / "form.pdf")
    command = [sys.executable, "-m", "pytest", "-q"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "6 passed" in done.stdout, done.stdout
