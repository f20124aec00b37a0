"""
Commands of this project in the pages: ``make``, and the programs behind it.

Most take minutes to hours. Here make tells what it would run, and the program reads the arguments. ``RUN_BY`` names
what really runs them.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.pages import ROOT, Block, Inline
from tests.docs.claims import BLOCKS, COMMANDS, NOT_EXECUTED, claim, each, takes_long
from tests.docs.scratch_airflow import clean_environment
from tests.docs.shell import Shell

# Target: what runs it, or its program, for real. unit and e2e are parts of test and slow.
RUN_BY = {
    "benchmark": "tests/benchmarks/test_benchmarks.py",
    "chaos": "tests/e2e/test_chaos.py",
    "clean": "tests/docs/test_program_blocks.py",
    "demo": "tests/docs/test_demo.py",
    "docs": "tests/dev/test_docs.py",
    "e2e": ".ci/run",
    "format": "tests/docs/test_program_blocks.py",
    "lint": ".ci/run",
    "slow": ".ci/run",
    "test": ".ci/run",
    "types": ".ci/run",
    "unit": ".ci/run",
}
BY_HAND = {
    "constraints": "asks a package index for the newest versions",
    "distributed": "needs PostgreSQL and Redis; tests/dev has tests of its parts",
    "screenshots": "needs a browser, and two releases of Airflow; tests/dev/screenshots has tests of its parts",
    "matrix": "takes hours; tests/dev/matrix has tests of its parts",
}

ITEMS: list[Block | Inline] = [
    *claim(block for block in BLOCKS if takes_long(block)),
    *claim(piece for piece in COMMANDS if re.match(r"make |\.ci/run", piece.code)),
]
needs_make = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


def lines(item: Block | Inline) -> Iterator[list[str]]:
    """Words of each command."""
    for line in item.code.splitlines():
        if not line.startswith(tuple(NOT_EXECUTED)):
            yield shlex.split(line.removeprefix("$ "), comments=True)


PAIRS = [(f"{item}".split(" ")[0], words) for item in ITEMS for words in lines(item)]
MADE = [(place, words) for place, words in PAIRS if words[0] == "make"]
PROGRAMS = [(place, words) for place, words in PAIRS if words[0] not in {"make", ".ci/run"}]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Arguments that let make take this environment for one that it has made."""
    venv = tmp_path_factory.mktemp("made") / "venv"
    for folder in (venv, venv.with_name("venv-benchmark"), venv.with_name("venv-distributed")):
        folder.mkdir()
        (folder / "bin").symlink_to(Path(sys.executable).parent)
        (folder / ".ready").touch()
    return [f"VENV={venv}", "PYTHON=" + sys.executable]


@needs_make
@pytest.mark.parametrize(("place", "words"), MADE, ids=lambda value: value if isinstance(value, str) else value[-1])
def test_make_knows_what_to_run(
    place: str, words: list[str], ready: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAKEFLAGS", " -- ARGS=--ci")  # as in the tests of `make matrix ARGS=--ci`
    monkeypatch.setenv("ARGS", "--ci")
    told = subprocess.run(
        [*words, "--dry-run", "--always-make", "--directory", ROOT, *ready],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    for program in re.findall(r"^\S+/python -m ((?:dev|benchmarks).*)$", told.stdout, re.MULTILINE):
        read_arguments(*shlex.split(program))


@pytest.mark.parametrize(("place", "words"), PROGRAMS, ids=lambda value: value if isinstance(value, str) else value[-1])
def test_the_program_knows_its_arguments(place: str, words: list[str]) -> None:
    assert words[1] == "-m"
    read_arguments(*words[2:])


def read_arguments(module: str, *arguments: str) -> None:
    """Let a program read its command line."""
    for program, needed in {"benchmarks": "httptools", "dev.matrix": "uv"}.items():
        if module.startswith(program):
            pytest.importorskip(needed, reason=f"{program} needs {needed}")
    spec = importlib.util.find_spec(module)
    assert spec is not None
    if "--help" in arguments:
        with pytest.raises(SystemExit, match=r"^0$"):
            reader(module)(list(arguments))
    elif arguments:
        reader(module)(list(arguments))


def reader(module: str) -> Callable[[list[str]], Any]:
    spec = importlib.util.find_spec(module)
    inside = [f"{module}.options", f"{module}.__main__"] if spec and spec.submodule_search_locations else []
    places = [name for name in (*inside, module) if importlib.util.find_spec(name)]
    for place in map(importlib.import_module, places):
        if hasattr(place, "read_options"):
            return place.read_options  # type: ignore[no-any-return]
        if hasattr(place, "_parser"):
            return place._parser().parse_args  # type: ignore[no-any-return]
    raise AssertionError(f"Where does {module} read its arguments?")


def test_it_is_known_what_runs_each_target() -> None:
    [phony] = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(phony.split()) == {"help", *RUN_BY, *BY_HAND}
    assert [path for path in RUN_BY.values() if not (ROOT / path).exists()] == []
    told = (ROOT / ".ci" / "run").read_text()
    assert {name for name in RUN_BY if f"make {name}" in told} == {"lint", "slow", "test", "types"}


@needs_make
def test_cheap_targets_do_what_they_say(tmp_path: Path, ready: list[str]) -> None:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "dev").mkdir()
    shutil.copy(ROOT / "dev" / "requirements.in", tmp_path / "dev")
    for file in Path(ready[0].removeprefix("VENV=")).parent.glob("*/.ready"):
        file.touch()
    (tmp_path / "ugly.py").write_text("x  =  1\n")
    (tmp_path / "build").mkdir()
    make = f"make {' '.join(ready)}"

    with Shell(tmp_path) as shell:
        assert "demo" in shell.run(make)
        if importlib.util.find_spec("ruff"):
            shell.run(f"{make} format")
            assert (tmp_path / "ugly.py").read_text() == "x = 1\n"
        shell.run("make clean")

    assert not (tmp_path / "build").exists()


@pytest.mark.slow
@each((piece for piece in COMMANDS if re.match(r"(\w+=\S+ )?(pytest|\S*python -m pytest) ", piece.code)), "piece")
def test_pytest_finds_the_tests(piece: Inline) -> None:
    """Collecting is enough: they run with all others; the variable changes how long, or what is written."""
    variables = re.findall(r"^\w+(?==)", piece.code)
    pytest.importorskip("hypothesis", reason="tests/hostile needs hypothesis")
    options = "--collect-only -q -p no:cacheprovider -o filterwarnings=default"
    command = re.sub(r"(\S*python -m )?pytest", f"'{sys.executable}' -m pytest {options}", piece.code, count=1)
    with Shell(ROOT) as shell:
        assert re.search(r"\d+ tests collected", shell.run(command))
    sources = "".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    assert all(f'"{name}"' in sources for name in variables)


@each((piece for piece in COMMANDS if piece.code.startswith("python -m pydoc ")), "piece")
def test_the_documentation_of_classes_is_shown(piece: Inline, tmp_path: Path) -> None:
    with Shell(tmp_path) as shell:
        assert "ExtendCreateEditRunOperator" in shell.run(piece.code)


@each((piece for piece in COMMANDS if piece.code.endswith("pre-commit install")), "piece")
def test_pre_commit_finds_its_hooks(piece: Inline, tmp_path: Path) -> None:
    pytest.importorskip("pre_commit", reason="pre-commit is not installed")
    if not (ROOT / ".pre-commit-config.yaml").exists():
        pytest.skip("This is no clone of the repository")
    shutil.copy(ROOT / ".pre-commit-config.yaml", tmp_path)
    with Shell(tmp_path) as shell:
        shell.run("git init --quiet .")
        shell.run(piece.code.replace(".venv/bin/pre-commit", f"'{sys.executable}' -m pre_commit"))
    assert (tmp_path / ".git" / "hooks" / "pre-commit").exists()
