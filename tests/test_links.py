from __future__ import annotations

from typing import Any

from extend_provider.links import ExtendRunLink
from extend_provider.models import EditRun
from extend_provider.operators.base import ExtendCreateRunOperator
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from tests.task_runs import FakeTaskInstance

URL = "https://dashboard.extend.ai/runs/edr_1"


def link(mocker: Any, stored: Any) -> str:
    get_value = mocker.patch("extend_provider.links.XCom.get_value", return_value=stored)
    operator: Any = ExtendCreateEditRunOperator(task_id="fill", file="file_1")
    url = ExtendRunLink().get_link(operator, ti_key=mocker.sentinel.key)
    get_value.assert_called_once_with(ti_key=mocker.sentinel.key, key="extend_run_url")
    return url


def test_link_is_what_was_stored(mocker: Any) -> None:
    assert link(mocker, URL) == URL


def test_no_link_where_the_api_gave_none(mocker: Any) -> None:
    assert link(mocker, None) == ""


def test_url_is_stored_with_the_run_when_the_api_gives_one() -> None:
    operator = ExtendCreateEditRunOperator(task_id="fill", file="file_1")
    ti = FakeTaskInstance()
    context: Any = {"ti": ti}
    operator.publish_run(context, EditRun(id="edr_1", status="PROCESSING", dashboardUrl=URL))
    assert ti.pushed == {"run_id": "edr_1", "extend_run_url": URL}


def test_operators_offer_it_where_the_api_gives_a_url() -> None:
    assert [type(offered) for offered in ExtendCreateRunOperator.operator_extra_links] == [ExtendRunLink]
    # Edit runs have none, and Airflow logs an error for each link that finds nothing.
    assert ExtendCreateEditRunOperator.operator_extra_links == ()
