"""Settings of Airflow that the pages name exist, in the newest Airflow."""

from __future__ import annotations

import re

import airflow
import pytest

from dev.matrix.releases import NEWEST
from dev.pages import inline_code
from tests.docs.claims import PAGES

A_SETTING = re.compile(r"\[(\w+)\] (\w+)")
NAMED = sorted(
    {
        found.groups()
        for page, text in PAGES.items()
        for piece in inline_code(page, text)
        if (found := A_SETTING.fullmatch(piece.code))
    }
)


@pytest.mark.skipif(airflow.__version__ != NEWEST.version, reason="Names of settings are those of the newest Airflow")
@pytest.mark.parametrize(("section", "option"), NAMED)
def test_the_setting_exists(section: str, option: str) -> None:
    from airflow.configuration import conf

    if not conf.has_section(section) and section.startswith(("celery", "kubernetes")):
        pytest.skip(f"The provider that has [{section}] is not installed")
    assert conf.has_option(section, option)


def test_there_are_some() -> None:
    assert ("operators", "default_deferrable") in NAMED
