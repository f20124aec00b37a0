from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import ExtendTransportError
from extend_provider.hooks.extend import ExtendHook
from extend_provider.kinds import RUN_KINDS
from extend_provider.links import RUN_URL_KEY, ExtendRunLink
from extend_provider.models import EditRun
from extend_provider.operators.base import ExtendCreateRunOperator
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.sensors.run import ExtendEditRunSensor, ExtendRunSensor
from tests.airflow_names import DAG
from tests.task_runs import FakeTaskInstance, task_context

if TYPE_CHECKING:
    from extend_provider.local import LocalService

URL = "https://dashboard.extend.ai/runs/exr_1"
CONFIG = {"schema": {"type": "object", "properties": {"total": {"type": ["number", "null"]}}}}


def extract(**arguments: Any) -> ExtendCreateExtractRunOperator:
    return ExtendCreateExtractRunOperator(task_id="read", file={"text": "Total: 40"}, config=CONFIG, **arguments)


def created() -> Any:
    with ExtendHook() as hook:
        return hook.create_run("extract", {"file": {"text": "Total: 40"}, "config": CONFIG})


def keys_that_airflow_reads(task: Any) -> set[str]:
    """XCom keys of which Airflow 3 makes the task's links, as its serialized DAG says; Airflow 2 asks the link."""
    from airflow.serialization import serialized_objects

    with DAG("links", schedule=None) as dag:
        dag.add_task(task)
    serializer: Any = getattr(serialized_objects, "DagSerialization", None) or serialized_objects.SerializedDAG
    [encoded] = serializer.to_dict(dag)["dag"]["tasks"]
    links = encoded.get("__var", encoded)["_operator_extra_links"]
    return set(links.values()) if isinstance(links, dict) else {RUN_URL_KEY}


def test_link_is_what_was_stored(mocker: Any) -> None:
    get_value = mocker.patch("extend_provider.links.XCom.get_value", side_effect=[URL, None])
    link, operator = ExtendRunLink(), extract()
    assert link.get_link(operator, ti_key=mocker.sentinel.key) == URL
    assert link.get_link(operator, ti_key=mocker.sentinel.key) == ""
    get_value.assert_called_with(ti_key=mocker.sentinel.key, key="extend_run_url")


@pytest.mark.parametrize("kind", RUN_KINDS)
def test_airflow_is_not_asked_for_a_url_that_there_cannot_be(mocker: Any, kind: str) -> None:
    get_value = mocker.patch("extend_provider.links.XCom.get_value", return_value=None)
    sensor: Any = ExtendRunSensor(task_id="wait", run_id="x", kind=kind)
    assert ExtendRunLink().get_link(sensor, ti_key=mocker.sentinel.key) == ""
    assert get_value.called is RUN_KINDS[kind].in_dashboard


@pytest.mark.extend_local(processing_time=600)
def test_url_is_there_while_a_task_waits_on_its_worker(extend_local: LocalService, mocker: Any) -> None:
    task = extract(deferrable=False)
    context: Any = task_context(task)

    def look(*_: Any) -> None:
        pushed = context["ti"].pushed
        assert pushed.keys() >= {RUN_URL_KEY, *keys_that_airflow_reads(extract())}
        assert pushed[RUN_URL_KEY].startswith("http")
        raise KeyboardInterrupt  # as if the worker was killed

    mocker.patch.object(ExtendHook, "wait_for_run", side_effect=look)
    with pytest.raises(KeyboardInterrupt):
        task.execute(context)


@pytest.mark.extend_local(processing_time=600)
def test_sensor_stores_the_url_at_its_first_look(extend_local: LocalService) -> None:
    run = created()
    sensor = ExtendRunSensor(task_id="wait", run_id=run.id)
    context: Any = {"ti": FakeTaskInstance()}
    with sensor.hook:
        for _ in range(2):
            assert not sensor.poke(context)
    keys = {RUN_URL_KEY, *keys_that_airflow_reads(ExtendRunSensor(task_id="wait", run_id=run.id))}
    assert context["ti"].pushed == dict.fromkeys(keys, run.dashboard_url)


@pytest.mark.extend_local(processing_time=600)
def test_sensor_stores_the_url_when_the_first_look_failed(extend_local: LocalService, mocker: Any) -> None:
    run = created()
    mocker.patch.object(ExtendHook, "get_run", side_effect=[ExtendTransportError("No answer.", retryable=True), run])
    sensor = ExtendRunSensor(task_id="wait", run_id=run.id)
    context: Any = {"ti": FakeTaskInstance()}
    assert not sensor.poke(context)
    assert context["ti"].pushed == {}
    assert not sensor.poke(context)
    assert context["ti"].pushed[RUN_URL_KEY] == run.dashboard_url


def test_url_is_stored_with_the_run_when_the_api_gives_one() -> None:
    operator = ExtendCreateEditRunOperator(task_id="fill", file="file_1")
    ti = FakeTaskInstance()
    context: Any = {"ti": ti}
    operator.publish_run(context, EditRun(id="edr_1", status="PROCESSING", dashboardUrl=URL))
    assert ti.pushed.items() >= {"run_id": "edr_1", "extend_run_url": URL}.items()


def test_tasks_offer_it_where_the_api_gives_a_url() -> None:
    for cls in (ExtendCreateRunOperator, ExtendRunSensor):
        assert [type(offered) for offered in cls.operator_extra_links] == [ExtendRunLink]
    # Edit runs have none, and Airflow logs an error for each link that finds nothing.
    for cls in (ExtendCreateEditRunOperator, ExtendEditRunSensor):
        assert cls.operator_extra_links == ()
