from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from extend_provider.exceptions import (
    ExtendConfigurationError,
    ExtendFileError,
    ExtendInvalidRequestError,
    ExtendNotFoundError,
    ExtendOutcomeUnknownError,
    ExtendRunFailedError,
    ExtendRunTimeoutError,
)
from extend_provider.hooks.extend import ExtendHook
from extend_provider.operators.edit import (
    ExtendCreateEditRunOperator,
    ExtendDeleteEditRunOperator,
    ExtendDetectFormOperator,
    ExtendGetEditRunOperator,
    ExtendGetEditTemplateOperator,
)
from tests.airflow_names import DAG, AirflowFailException
from tests.task_runs import FakeStateStore, Outcome, run_task, task_context

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

    from extend_provider.local import LocalService

CONFIG = {"instructions": "full_name: Jordan Avery"}


def create(**arguments: Any) -> Outcome:
    return run_task(ExtendCreateEditRunOperator(**{"task_id": "fill", "poll_interval": 0.05, **arguments}))


def bodies(service: LocalService) -> list[Any]:
    return [request.body for request in service.requests if request.path == "/edit_runs" and request.method == "POST"]


class TestCreate:
    def test_file_by_id(self, extend_local: LocalService, uploaded_form: str) -> None:
        create(file=uploaded_form, config=CONFIG)
        assert bodies(extend_local) == [{"file": {"id": uploaded_form}, "config": CONFIG}]

    @pytest.mark.extend_local(allow_private_urls=True)
    def test_file_by_url(self, extend_local: LocalService, uploaded_form: str) -> None:
        with ExtendHook() as hook:
            url = hook.get_conn().get_file(uploaded_form).presigned_url
        outcome = create(file=url, config=CONFIG)
        assert outcome.value["status"] == "PROCESSED"
        (body,) = bodies(extend_local)
        assert body["config"] == CONFIG
        assert body["file"]["url"] == url
        assert re.fullmatch(r"form-airflow-[0-9a-f]{16}\.pdf", body["file"]["name"])

    @pytest.mark.parametrize("prefix", ["", "file://"])
    def test_file_by_path_is_uploaded_first(
        self, extend_local: LocalService, form_pdf: bytes, tmp_path: Path, prefix: str
    ) -> None:
        (tmp_path / "w9.pdf").write_bytes(form_pdf)
        create(file=f"{prefix}{tmp_path}/w9.pdf", config=CONFIG)
        upload, submit = extend_local.requests[:2]
        assert (upload.path, submit.path) == ("/files/upload", "/edit_runs")
        with ExtendHook() as hook:
            name = hook.get_conn().get_file(submit.body["file"]["id"]).name
        assert re.fullmatch(r"w9-airflow-[0-9a-f]{16}\.pdf", str(name))

    def test_template(self, extend_local: LocalService, form_pdf: bytes) -> None:
        template = extend_local.add_template("Onboarding", form_pdf, CONFIG)
        outcome = create(template_id=template)
        assert outcome.value["filled_fields"] == ["full_name"]
        assert bodies(extend_local) == [{"templateId": template}]

    def test_config_as_json_text(self, extend_local: LocalService, uploaded_form: str) -> None:
        create(file=uploaded_form, config=json.dumps(CONFIG))
        assert bodies(extend_local)[0]["config"] == CONFIG

    def test_schema_keys_are_untouched(self, extend_local: LocalService, uploaded_form: str) -> None:
        schema = {
            "type": "object",
            "properties": {
                "name": {
                    "type": ["string", "null"],
                    "extend_edit:field_type": "text",
                    "extend_edit:value": "Jordan",
                    "extend_edit:source_acroform": {"fieldName": "full_name", "fieldType": "text"},
                }
            },
        }
        outcome = create(file=uploaded_form, config={"schema": schema}, include_filled_values=True)
        assert bodies(extend_local)[0]["config"]["schema"] == schema
        assert outcome.value["filled_values"] == {"name": "Jordan"}

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            ({}, "exactly one of file and template_id; neither given"),
            ({"file": "file_1", "template_id": "edt_1"}, "both given"),
            ({"file": "file_1", "config": "not json"}, "config is text, but not JSON"),
            ({"file": "file_1", "config": [1]}, "config must be a dict or JSON text, not list"),
            ({"file": "file_1", "timeout": -1}, "timeout must be a number of seconds above zero"),
            ({"file": "file_1", "poll_interval": "often"}, "poll_interval must be a number of seconds above zero"),
        ],
    )
    def test_wrong_arguments_send_nothing(
        self, extend_local: LocalService, arguments: dict[str, Any], text: str
    ) -> None:
        with pytest.raises(ExtendConfigurationError, match=text):
            create(**arguments)
        assert extend_local.requests == []

    def test_missing_path(self, extend_local: LocalService) -> None:
        with pytest.raises(ExtendFileError, match=r"There is no file /nowhere/w9\.pdf"):
            create(file="/nowhere/w9.pdf")

    def test_refusal_names_the_fault_but_no_value(self, extend_local: LocalService, uploaded_form: str) -> None:
        with pytest.raises(ExtendInvalidRequestError) as raised:
            create(file=uploaded_form, config={"instructions": 12345678})
        assert raised.value.request_id
        assert isinstance(raised.value, AirflowFailException)

    @pytest.mark.parametrize("retry_after", [None, 0])
    def test_throttled_submit_is_sent_again(
        self, extend_local: LocalService, uploaded_form: str, retry_after: int | None
    ) -> None:
        extend_local.inject("rate_limit", method="POST", path="/edit_runs", times=2, retry_after=retry_after)
        create(file=uploaded_form, config=CONFIG)
        assert extend_local.runs_created == 1
        assert len(bodies(extend_local)) == 3

    @pytest.mark.extend_local(processing_time=600)
    def test_kill_says_what_becomes_of_the_run(
        self, extend_local: LocalService, uploaded_form: str, caplog: pytest.LogCaptureFixture, mocker: MockerFixture
    ) -> None:
        mocker.patch("extend_provider.killing.task_state_on_worker", return_value="failed")
        operator = ExtendCreateEditRunOperator(task_id="fill", file=uploaded_form, wait_for_completion=False)
        operator.on_kill()
        assert caplog.records == []
        run_id = operator.execute(task_context(operator))
        operator.on_kill()
        assert f"Extend edit run {run_id} cannot be cancelled: it goes on and is paid for." in caplog.text
        with ExtendHook() as hook:
            assert hook.get_run(run_id).status == "PROCESSING"

    @pytest.mark.extend_local(processing_time=600)
    def test_kill_deletes_the_run_where_that_is_asked_for(
        self, extend_local: LocalService, uploaded_form: str, caplog: pytest.LogCaptureFixture, mocker: MockerFixture
    ) -> None:
        mocker.patch("extend_provider.killing.task_state_on_worker", return_value="failed")
        operator = ExtendCreateEditRunOperator(
            task_id="fill", file=uploaded_form, wait_for_completion=False, delete_on_kill=True
        )
        run_id = operator.execute(task_context(operator))
        operator.on_kill()
        assert f"Extend edit run {run_id} was deleted." in caplog.text
        with ExtendHook() as hook, pytest.raises(ExtendNotFoundError):
            hook.get_run(run_id)


class TestGet:
    def test_finished(self, extend_local: LocalService, uploaded_form: str) -> None:
        run = create(file=uploaded_form, config=CONFIG).value
        outcome = run_task(ExtendGetEditRunOperator(task_id="get", run_id=run["run_id"]))
        assert outcome.value == {**run, "failure_reason": None}
        assert outcome.xcom == {"output_file_ids": run["output_file_ids"]}

    @pytest.mark.extend_local(processing_time=600)
    def test_running(self, extend_local: LocalService, uploaded_form: str) -> None:
        run_id = create(file=uploaded_form, wait_for_completion=False).value
        outcome = run_task(ExtendGetEditRunOperator(task_id="get", run_id=run_id))
        assert outcome.value["status"] == "PROCESSING"
        assert outcome.value["output_file_ids"] == []

    def test_failed_is_a_result_here(self, extend_local: LocalService, uploaded_form: str) -> None:
        extend_local.inject("fail", reason="CORRUPT_FILE")
        run_id = create(file=uploaded_form, wait_for_completion=False).value
        outcome = run_task(ExtendGetEditRunOperator(task_id="get", run_id=run_id))
        assert outcome.value["failure_reason"] == "CORRUPT_FILE"

    def test_values_only_when_asked_for(self, extend_local: LocalService, uploaded_form: str) -> None:
        run_id = create(file=uploaded_form, config=CONFIG).value["run_id"]
        outcome = run_task(ExtendGetEditRunOperator(task_id="get", run_id=run_id, include_filled_values=True))
        assert outcome.value["filled_values"] == {"full_name": "Jordan Avery"}

    @pytest.mark.parametrize("run_id", ["", None, "None", "../files"])
    def test_unusable_id(self, extend_local: LocalService, run_id: Any) -> None:
        with pytest.raises(ExtendConfigurationError, match="run_id"):
            run_task(ExtendGetEditRunOperator(task_id="get", run_id=run_id))
        assert extend_local.requests == []


class TestDetect:
    def test_schema_of_a_form(self, extend_local: LocalService, uploaded_form: str) -> None:
        outcome = run_task(ExtendDetectFormOperator(task_id="detect", file=uploaded_form, poll_interval=0.05))
        schema = outcome.value["schema"]
        assert list(schema["properties"]) == ["full_name", "agree"]
        assert outcome.value["status"] == "PROCESSED"
        assert outcome.xcom == {"run_id": outcome.value["run_id"], "output_file_ids": [], "schema": schema}

    def test_deferred_gives_the_same(self, extend_local: LocalService, uploaded_form: str) -> None:
        waited = run_task(ExtendDetectFormOperator(task_id="detect", file=uploaded_form))
        deferred = run_task(ExtendDetectFormOperator(task_id="detect", file=uploaded_form, deferrable=True))
        assert len(deferred.trigger_rows) == 1
        assert {**deferred.value, "run_id": ""} == {**waited.value, "run_id": ""}

    def test_config_is_passed_on(self, extend_local: LocalService, uploaded_form: str) -> None:
        config = {"advancedOptions": {"nativeFieldsOnly": True}}
        run_id = run_task(
            ExtendDetectFormOperator(task_id="d", file=uploaded_form, config=config, wait_for_completion=False)
        ).value
        assert extend_local.requests[0].body == {"file": {"id": uploaded_form}, "config": config}
        assert run_id.startswith("sgr_")

    def test_indexing_its_output_gives_the_schema(self, extend_local: LocalService, uploaded_form: str) -> None:
        with DAG("forms", schedule=None):
            detect = ExtendDetectFormOperator(task_id="detect", file=uploaded_form)
            fill = ExtendCreateEditRunOperator(
                task_id="fill", file=uploaded_form, schema=detect.output["schema"], values={"full_name": "Jordan"}
            )
        assert fill.upstream_task_ids == {"detect"}
        xcom = run_task(detect).xcom
        pulls: list[Any] = []

        def xcom_pull(task_ids: Any, key: str, **_: Any) -> Any:
            pulls.append(key)
            return xcom[key]

        # Airflow 2 asks the task instance for map indexes, and the context for how many there are.
        ti = SimpleNamespace(
            xcom_pull=xcom_pull, task_id="fill", get_relevant_upstream_map_indexes=lambda *_, **__: None
        )
        fill.render_template_fields({"ti": ti, "expanded_ti_count": None})
        assert pulls == ["schema"]
        assert run_task(fill).value["filled_fields"] == ["full_name"]

    def test_no_pdf(self, extend_local: LocalService, tmp_path: Path) -> None:
        (tmp_path / "form.pdf").write_bytes(b"PK")
        with pytest.raises(ExtendFileError, match="is no PDF"):
            run_task(ExtendDetectFormOperator(task_id="detect", file=str(tmp_path / "form.pdf")))
        with pytest.raises(ExtendConfigurationError, match="file is empty"):
            run_task(ExtendDetectFormOperator(task_id="detect", file=""))
        assert extend_local.requests == []

    @pytest.mark.parametrize("deferrable", [False, True])
    def test_failure(self, extend_local: LocalService, uploaded_form: str, deferrable: bool) -> None:
        extend_local.inject("fail", reason="EMPTY_SCHEMA")
        with pytest.raises(ExtendRunFailedError, match="EMPTY_SCHEMA"):
            run_task(ExtendDetectFormOperator(task_id="detect", file=uploaded_form, deferrable=deferrable))

    def test_retry_below_airflow_3_3_does_not_pay_twice(self, extend_local: LocalService, uploaded_form: str) -> None:
        detect = ExtendDetectFormOperator(task_id="detect", file=uploaded_form, retries=2)
        store = FakeStateStore()
        first = run_task(detect, task_context(detect, store=store, max_tries=2)).value
        again = run_task(detect, task_context(detect, store=store, max_tries=2, try_number=2)).value
        assert again == first
        with pytest.raises(ExtendOutcomeUnknownError, match="does not list such runs"):
            run_task(detect, task_context(detect, max_tries=2, try_number=2))
        assert extend_local.runs_created == 1


class TestTemplate:
    SCHEMA: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {"full_name": {"type": ["string", "null"], "extend_edit:value": "Jordan"}},
    }

    def test_shows_names_and_no_values(self, extend_local: LocalService, form_pdf: bytes) -> None:
        template = extend_local.add_template("Form", form_pdf, {"schema": self.SCHEMA, "instructions": "Jordan"})
        outcome = run_task(ExtendGetEditTemplateOperator(task_id="get", template_id=template))
        schema = {"type": "object", "properties": {"full_name": {"type": ["string", "null"]}}}
        assert outcome.value["file_id"].startswith("file_")
        assert {**outcome.value, "file_id": ""} == {
            "template_id": template,
            "name": "Form",
            "description": None,
            "file_id": "",
            "schema": schema,
        }
        assert outcome.xcom == {"schema": schema}

    def test_config_when_asked_for(self, extend_local: LocalService, form_pdf: bytes) -> None:
        template = extend_local.add_template("Form", form_pdf, {"schema": self.SCHEMA})
        get = ExtendGetEditTemplateOperator(task_id="get", template_id=template, include_config=True)
        assert run_task(get).value["config"] == {"schema": self.SCHEMA}

    def test_without_a_config(self, extend_local: LocalService, form_pdf: bytes) -> None:
        template = extend_local.add_template("Form", form_pdf, {})
        get = ExtendGetEditTemplateOperator(task_id="get", template_id=template)
        assert run_task(get).value["schema"] is None

    def test_unknown(self, extend_local: LocalService) -> None:
        with pytest.raises(ExtendNotFoundError):
            run_task(ExtendGetEditTemplateOperator(task_id="get", template_id="edt_nothing"))


class TestDeleteFiles:
    """What a run has made and what was uploaded for it goes; what others may use stays."""

    def delete(self, run_id: str, **arguments: Any) -> Any:
        return run_task(
            ExtendDeleteEditRunOperator(task_id="delete", run_id=run_id, delete_files=True, **arguments)
        ).value

    def is_there(self, file_id: str) -> bool:
        with ExtendHook() as hook:
            try:
                hook.get_conn().get_file(file_id)
            except ExtendNotFoundError:
                return False
        return True

    @pytest.mark.parametrize("values", [None, {"full_name": "Jordan"}])
    def test_uploaded_by_its_own_task(
        self, extend_local: LocalService, form_pdf: bytes, tmp_path: Path, values: Any
    ) -> None:
        (tmp_path / "w9.pdf").write_bytes(form_pdf)
        run = create(file=str(tmp_path / "w9.pdf"), values=values).value
        with ExtendHook() as hook:
            input_file = hook.get_run(run["run_id"]).file
        assert input_file
        assert self.delete(run["run_id"]) is True
        assert not self.is_there(input_file.id)
        assert not self.is_there(run["output_file_ids"][0])
        assert self.delete(run["run_id"]) is False

    def test_given_by_id(self, extend_local: LocalService, uploaded_form: str) -> None:
        run = create(file=uploaded_form, config=CONFIG).value
        assert self.delete(run["run_id"]) is True
        assert self.is_there(uploaded_form)
        assert not self.is_there(run["output_file_ids"][0])

    def test_a_templates_file(self, extend_local: LocalService, form_pdf: bytes) -> None:
        template = extend_local.add_template("Onboarding", form_pdf, CONFIG)
        self.delete(create(template_id=template).value["run_id"])
        assert create(template_id=template).value["status"] == "PROCESSED"

    def test_the_input_is_kept_unless_asked_for(
        self, extend_local: LocalService, form_pdf: bytes, tmp_path: Path
    ) -> None:
        (tmp_path / "w9.pdf").write_bytes(form_pdf)
        run_id = create(file=str(tmp_path / "w9.pdf"), config=CONFIG).value["run_id"]
        with ExtendHook() as hook:
            input_file = hook.get_run(run_id).file
        assert input_file
        run_task(ExtendDeleteEditRunOperator(task_id="delete", run_id=run_id))
        assert self.is_there(input_file.id)

    def test_goes_on_where_an_earlier_try_stopped(self, extend_local: LocalService, uploaded_form: str) -> None:
        run = create(file=uploaded_form, config=CONFIG).value
        with ExtendHook() as hook:
            hook.get_conn().delete_file(run["output_file_ids"][0])
        assert self.delete(run["run_id"]) is True

    def test_failed_run(self, extend_local: LocalService, uploaded_form: str) -> None:
        extend_local.inject("fail", reason="CORRUPT_FILE")
        assert self.delete(create(file=uploaded_form, wait_for_completion=False).value) is True

    @pytest.mark.extend_local(processing_time=600)
    def test_a_running_run_is_waited_for(self, extend_local: LocalService, uploaded_form: str) -> None:
        run_id = create(file=uploaded_form, wait_for_completion=False).value
        with pytest.raises(ExtendRunTimeoutError):
            self.delete(run_id, timeout=0.2)
        with ExtendHook() as hook:
            assert hook.get_run(run_id).status == "PROCESSING"

    def test_a_missing_run_may_be_an_error(self, extend_local: LocalService) -> None:
        assert self.delete("edr_nothing") is False
        with pytest.raises(ExtendNotFoundError):
            self.delete("edr_nothing", missing_ok=False)


class TestDelete:
    def test_delete_twice(self, extend_local: LocalService, uploaded_form: str) -> None:
        run_id = create(file=uploaded_form).value["run_id"]
        assert run_task(ExtendDeleteEditRunOperator(task_id="delete", run_id=run_id)).value is True
        assert run_task(ExtendDeleteEditRunOperator(task_id="delete", run_id=run_id)).value is False
        with pytest.raises(ExtendNotFoundError, match=run_id):
            run_task(ExtendDeleteEditRunOperator(task_id="delete", run_id=run_id, missing_ok=False))

    @pytest.mark.parametrize("run_id", [None, "", "None"])
    def test_nothing_to_delete(self, extend_local: LocalService, run_id: Any) -> None:
        assert run_task(ExtendDeleteEditRunOperator(task_id="delete", run_id=run_id)).value is False
        assert extend_local.requests == []

    def test_nothing_to_delete_may_be_an_error(self, extend_local: LocalService) -> None:
        with pytest.raises(ExtendConfigurationError, match="run_id is empty"):
            run_task(ExtendDeleteEditRunOperator(task_id="delete", run_id=None, missing_ok=False))


def test_values_are_not_asked_for_where_nothing_waits(extend_local: LocalService) -> None:
    task = ExtendCreateEditRunOperator(
        task_id="fill", file="file_1", include_filled_values=True, wait_for_completion=False
    )
    with pytest.raises(ExtendConfigurationError, match=r"asked for by include_filled_values\. Give it to the"):
        run_task(task)
    assert extend_local.requests == []


@pytest.mark.parametrize("operator", [ExtendCreateEditRunOperator, ExtendDetectFormOperator])
def test_a_form_as_a_template_gives_it(operator: Any) -> None:
    locked = {"url": "https://x.example/a.pdf", "settings": {"password": "open"}}
    assert operator(task_id="t", file=str(locked)).order().file == locked
    assert operator(task_id="t", file=" file_1\n").order().file == "file_1"
