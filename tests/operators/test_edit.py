from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import (
    ExtendConfigurationError,
    ExtendFileError,
    ExtendInvalidRequestError,
    ExtendNotFoundError,
    ExtendOutcomeUnknownError,
)
from extend_provider.operators.edit import (
    ExtendCreateEditRunOperator,
    ExtendDeleteEditRunOperator,
    ExtendGetEditRunOperator,
)
from tests.task_runs import FakeTaskInstance, Outcome, run_task

if TYPE_CHECKING:
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
        from extend_provider.hooks.extend import ExtendHook

        with ExtendHook() as hook:
            url = hook.get_conn().get_file(uploaded_form).presigned_url
        outcome = create(file=url, config=CONFIG)
        assert outcome.value["status"] == "PROCESSED"
        assert bodies(extend_local) == [{"file": {"url": url}, "config": CONFIG}]

    @pytest.mark.parametrize("prefix", ["", "file://"])
    def test_file_by_path_is_uploaded_first(
        self, extend_local: LocalService, form_pdf: bytes, tmp_path: Path, prefix: str
    ) -> None:
        (tmp_path / "w9.pdf").write_bytes(form_pdf)
        create(file=f"{prefix}{tmp_path}/w9.pdf", config=CONFIG)
        upload, submit = extend_local.requests[:2]
        assert (upload.path, submit.path) == ("/files/upload", "/edit_runs")

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

    @pytest.mark.parametrize("fault", ["error_after_create", "cut_after", "cut_before"])
    def test_unknown_outcome_is_not_sent_again(
        self, extend_local: LocalService, uploaded_form: str, fault: str
    ) -> None:
        extend_local.inject(fault, method="POST", path="/edit_runs", times=1)
        with pytest.raises(ExtendOutcomeUnknownError, match="may have carried out"):
            create(file=uploaded_form, config=CONFIG)
        assert len(bodies(extend_local)) == 1
        assert extend_local.runs_created == (0 if fault == "cut_before" else 1)

    @pytest.mark.parametrize("retry_after", [None, 0])
    def test_throttled_submit_is_sent_again(
        self, extend_local: LocalService, uploaded_form: str, retry_after: int | None
    ) -> None:
        extend_local.inject("rate_limit", method="POST", path="/edit_runs", times=2, retry_after=retry_after)
        create(file=uploaded_form, config=CONFIG)
        assert extend_local.runs_created == 1
        assert len(bodies(extend_local)) == 3

    def test_kill_says_what_becomes_of_the_run(
        self, extend_local: LocalService, uploaded_form: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        operator = ExtendCreateEditRunOperator(task_id="fill", file=uploaded_form, wait_for_completion=False)
        operator.on_kill()
        assert "cannot be cancelled" not in capsys.readouterr().out
        context: Any = {"ti": FakeTaskInstance()}
        run_id = operator.execute(context)
        operator.on_kill()
        assert f"Extend edit run {run_id} cannot be cancelled" in capsys.readouterr().out


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
