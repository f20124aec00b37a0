"""What uv is told, and what is made of its answers; uv itself is played by a list of what is installed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uv", reason="uv makes the environments; only the development environment has it")

from dev.matrix.cells import LATEST, LOWEST, PARTS, Cell
from dev.matrix.environment import EnvironmentBuilder, PinChangedError
from dev.matrix.releases import OLDEST
from dev.matrix.wheel import Built

AIRFLOW = {"apache-airflow": OLDEST.version, "httpx": "0.28.1"}


@dataclass
class FakeUv:
    """Knows what each installation brings, and changes; remembers what it was told."""

    package: dict[str, str] = field(default_factory=lambda: {"pydantic": "2.12.5"})
    tools: dict[str, str] = field(default_factory=lambda: {"pytest": "9.2.0"})
    told: list[list[str]] = field(default_factory=list)
    pins: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: Any) -> str:
        told = [str(argument) for argument in arguments]
        self.told.append(told)
        if told[0] == "venv":
            self.pins = {}
            Path(told[-1]).mkdir(parents=True)
        elif "--group" in told:
            self.pins |= self.tools
        elif told[-1].endswith(".whl"):
            self.pins["airflow-provider-extend"] = "file:///a.whl"
        elif any(argument.endswith(".whl") for argument in told):
            self.pins |= self.package
        else:
            self.pins |= AIRFLOW
        return ""

    def installed(self, _: Path) -> dict[str, str]:
        return dict(self.pins)


@pytest.fixture
def uv(monkeypatch: pytest.MonkeyPatch) -> FakeUv:
    fake = FakeUv()
    monkeypatch.setattr("dev.matrix.environment.uv", fake)
    monkeypatch.setattr("dev.matrix.environment.installed", fake.installed)
    return fake


@pytest.fixture
def built(tmp_path: Path) -> Built:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "pyproject.toml").write_text("")
    (tests / "constraints.txt").write_text("# ours\nhttpx==0.99\npytest==9.2.0\n")
    return Built(tmp_path / "a.whl", "abc", tests)


def builder(built: Built, **cell: Any) -> EnvironmentBuilder:
    folder = built.tests.parent / "environment"
    return EnvironmentBuilder(Cell(OLDEST, "3.10", PARTS, **cell), folder, Path("python3.10"), built)


def test_airflow_as_of_its_release_then_the_wheel_then_the_tools(uv: FakeUv, built: Built) -> None:
    environment = builder(built).ready()

    assert (environment.airflow, environment.added) == (OLDEST.version, {"pydantic": "2.12.5"})
    airflow, wheel, *missing, tools = [told[5:] for told in uv.told[1:]]
    assert airflow == [f"apache-airflow=={OLDEST.version}", "--exclude-newer", OLDEST.as_of]
    assert wheel == ["--no-deps", str(built.wheel)]
    assert [told[0] for told in missing] == [str(built.wheel), f"{built.wheel}[local]"]
    assert all({"--constraints", "--exclude-newer", OLDEST.as_of} <= set(told) for told in missing)
    assert "--exclude-newer" not in tools
    pinned = (built.tests.parent / "environment" / "constraints.txt").read_text().splitlines()
    assert set(pinned) == {"apache-airflow==2.11.2", "httpx==0.28.1", "pydantic==2.12.5", "pytest==9.2.0"}


@pytest.mark.parametrize("change", [{"httpx": "0.29"}, {"apache-airflow": "3.0.0"}])
@pytest.mark.parametrize("by", ["package", "tools"])
def test_a_changed_pin_is_an_error(uv: FakeUv, built: Built, change: dict[str, str], by: str) -> None:
    setattr(uv, by, {**getattr(uv, by), **change})

    with pytest.raises(PinChangedError, match=next(iter(change))):
        builder(built).ready()

    count = len(uv.told)
    with pytest.raises(PinChangedError):
        builder(built).ready()
    assert len(uv.told) > count, "what went wrong is not taken for ready"


def test_what_is_ready_is_not_made_again(uv: FakeUv, built: Built) -> None:
    first = builder(built).ready()
    count = len(uv.told)
    assert builder(built).ready() == first
    assert len(uv.told) == count


def test_another_wheel_needs_another_environment(uv: FakeUv, built: Built) -> None:
    builder(built).ready()
    count = len(uv.told)
    builder(Built(built.wheel, "def", built.tests)).ready()
    assert len(uv.told) == 2 * count


def test_the_lowest_versions_are_those_of_direct_dependencies(uv: FakeUv, built: Built) -> None:
    assert builder(built, dependencies=LOWEST).ready().added is None, "Airflow and the package come together"
    first = uv.told[1]
    assert first[first.index("--resolution") + 1] == "lowest-direct"
    assert first[-1] == OLDEST.as_of


def test_the_newest_versions_are_those_of_today(uv: FakeUv, built: Built) -> None:
    builder(built, dependencies=LATEST).ready()
    assert f"apache-airflow=={OLDEST.version}" in uv.told[1]
    assert not any("--exclude-newer" in told for told in uv.told)
    assert "pytest==9.2.0" not in (built.tests.parent / "environment" / "constraints.txt").read_text()
