"""What is published: contents and metadata of wheel and source distribution."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from packaging.metadata import Metadata

from extend_provider import __version__

pytest.importorskip("uv", reason="uv builds the distributions; only the development environment has it")

from dev.matrix.uv import uv

ROOT = Path(__file__).parents[2]
DISTRIBUTION = f"airflow_provider_extend-{__version__}"
IN_THE_ROOT = {
    ".ci",
    ".gitignore",  # the build backend adds it
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "PKG-INFO",
    "README.md",
    "benchmarks",
    "constraints.txt",
    "dev",
    "docs",
    "example_dags",
    "extend_provider",
    "pyproject.toml",
    "tests",
}
ENTRY_POINTS = """
[apache_airflow_provider]
provider_info = extend_provider.get_provider_info:get_provider_info

[pytest11]
extend_provider = extend_provider.testing
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both distributions; the wheel is built from the source distribution."""
    out = tmp_path_factory.mktemp("dist")
    uv("build", "--quiet", "--out-dir", out, ROOT)
    return out


@pytest.fixture(scope="module")
def wheel(folder: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(folder / f"{DISTRIBUTION}-py3-none-any.whl")


@pytest.fixture(scope="module")
def in_sdist(folder: Path) -> set[PurePosixPath]:
    """Its files, without the folder around all of them."""
    with tarfile.open(folder / f"{DISTRIBUTION}.tar.gz") as archive:
        return {PurePosixPath(*PurePosixPath(member.name).parts[1:]) for member in archive if member.isfile()}


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Metadata:
    """Read as a package index does, which refuses what is not valid."""
    return Metadata.from_email(wheel.read(f"{DISTRIBUTION}.dist-info/METADATA"), validate=True)


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    package = ROOT / "extend_provider"
    sources = {file for file in package.rglob("*") if file.is_file() and "__pycache__" not in file.parts}
    about = {f"{DISTRIBUTION}.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
    about.add(f"{DISTRIBUTION}.dist-info/licenses/LICENSE")
    assert set(wheel.namelist()) == {str(file.relative_to(ROOT)) for file in sources} | about
    assert "extend_provider/py.typed" in wheel.namelist()


def test_the_wheel_is_the_same_when_built_again(folder: Path, wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    uv("build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT)
    again = tmp_path / Path(str(wheel.filename)).name
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (again, folder / again.name)}
    assert len(digests) == 1


def test_the_wheel_fits_every_python_and_machine(wheel: zipfile.ZipFile) -> None:
    assert b"Tag: py3-none-any" in wheel.read(f"{DISTRIBUTION}.dist-info/WHEEL")
    assert wheel.read(f"{DISTRIBUTION}.dist-info/entry_points.txt").decode().strip() == ENTRY_POINTS.strip()


def test_the_source_distribution_holds_what_is_needed_to_build_and_test(in_sdist: set[PurePosixPath]) -> None:
    assert {file.parts[0] for file in in_sdist} == IN_THE_ROOT
    hidden = {file for file in in_sdist if any(part.startswith(".") for part in file.parts)}
    assert hidden == {PurePosixPath(".ci/run"), PurePosixPath(".gitignore")}
    assert not {file for file in in_sdist if file.suffix in {".pyc", ".log", ".db", ".xml"}}


def test_the_source_distribution_holds_all_that_is_under_version_control(in_sdist: set[PurePosixPath]) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("This is no clone of the repository")
    known = {PurePosixPath(name) for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    assert known - in_sdist == {PurePosixPath(".pre-commit-config.yaml")}


def test_metadata(metadata: Metadata) -> None:
    assert metadata.name == "airflow-provider-extend"
    assert str(metadata.version) == __version__
    assert metadata.license_expression == "Apache-2.0"
    assert metadata.license_files == ["LICENSE"]
    assert metadata.description_content_type == "text/markdown"
    assert metadata.description == (ROOT / "README.md").read_text()
    assert {"Documentation", "Changelog"} <= set(metadata.project_urls or {})


def test_classifiers_agree_with_the_matrix(metadata: Metadata) -> None:
    from dev.matrix.releases import RELEASES

    pythons = sorted({python for release in RELEASES for python in release.pythons}, key=lambda text: int(text[2:]))
    listed = [text.rpartition(" ")[2] for text in metadata.classifiers or [] if "Python :: 3." in text]
    assert listed == pythons
    assert str(metadata.requires_python) == f">={pythons[0]}"
    assert "Framework :: Apache Airflow :: Provider" in (metadata.classifiers or [])


def test_dependencies_leave_the_versions_to_airflow(metadata: Metadata) -> None:
    required = {item.name: str(item.specifier) for item in metadata.requires_dist or [] if not item.marker}
    assert {"apache-airflow", "apache-airflow-providers-common-compat", "httpx", "pydantic"} <= set(required)
    assert all(versions.startswith((">=", "<")) for versions in required.values())
    assert [name for name, versions in required.items() if "<" in versions or "==" in versions] == ["httpx"]


def test_the_version_stands_in_one_place() -> None:
    version = re.compile(rf"\b{re.escape(__version__)}\b")
    code = [*(ROOT / "extend_provider").rglob("*.py"), ROOT / "pyproject.toml"]
    found = [str(file.relative_to(ROOT)) for file in code if version.search(file.read_text())]
    assert found == ["extend_provider/__init__.py"]


def test_the_changelog_tells_of_the_version() -> None:
    version = re.escape(__version__)
    assert re.search(rf"^## \[{version}\]|^Will be {version}\.", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
