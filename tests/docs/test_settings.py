"""Settings of Airflow that the pages name exist, in the newest Airflow."""

from __future__ import annotations

import importlib.util
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
PROVIDERS = {"celery": "airflow.providers.celery", "kubernetes": "airflow.providers.cncf.kubernetes"}


def is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.skipif(airflow.__version__ != NEWEST.version, reason="Names of settings are those of the newest Airflow")
@pytest.mark.parametrize(("section", "option"), NAMED)
def test_the_setting_exists(section: str, option: str) -> None:
    from airflow.configuration import conf

    for prefix, provider in PROVIDERS.items():
        if section.startswith(prefix) and not is_installed(provider):
            pytest.skip(f"{provider} is not installed")
    # A section of a provider is not there before somebody reads from it, but described.
    assert option in conf.configuration_description[section]["options"]


def test_there_are_some() -> None:
    assert ("operators", "default_deferrable") in NAMED
