from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.run_models import FormDetectionRun
from extend_provider.submit.form_order import DetectionOrder, FillOrder, order_to_fill

URL = "https://example.com/w9.pdf"
SCHEMA = {"type": "object", "properties": {"name": {"type": ["string", "null"]}}}
FILLED = {"type": "object", "properties": {"name": {"type": ["string", "null"], "extend_edit:value": "Kim"}}}
VALUES = {"name": "Kim"}


class FakeHook:
    """Uploads nothing, but says how an input would be given."""

    def input_file(self, file: Any, *, mark: str | None = None) -> dict[str, Any]:
        return {"given": file, "mark": mark}


def detected(file_name: str | None = "w9-airflow-1.pdf") -> FormDetectionRun:
    file = {"id": "file_of_detection", "name": file_name} if file_name else None
    return FormDetectionRun.model_validate(
        {"id": "sgr_1", "status": "PROCESSED", "file": file, "output": {"schema": SCHEMA}}
    )


def prepared(file: Any, run: FormDetectionRun, mark: str | None, **body: Any) -> tuple[dict[str, Any], DetectionOrder]:
    asked: list[DetectionOrder] = []

    def detect(order: DetectionOrder) -> FormDetectionRun:
        asked.append(order)
        return run

    order = order_to_fill(body, file, None, VALUES, detect)
    hook: Any = FakeHook()
    return order.prepare(hook, mark), asked[0]


def test_the_file_that_was_detected_is_the_one_to_fill() -> None:
    body, detection = prepared(URL, detected(), "airflow-1", config={"schemaGenerationInstructions": "Short names."})
    assert body["file"] == {"id": "file_of_detection"}
    assert body["config"]["schema"] == FILLED
    assert detection.body == {"config": {"instructions": "Short names."}}
    assert detection.prepare(FakeHook(), "airflow-of-its-own")["file"] == {"given": URL, "mark": "airflow-1"}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("file", "run"),
    [
        (URL, detected("w9-airflow-2.pdf")),  # that of an earlier try with other values
        (URL, detected(None)),
        ({"url": URL, "settings": {"password": "x"}}, detected()),  # goes with a URL only
    ],
)
def test_otherwise_the_file_is_given_once_more(file: Any, run: FormDetectionRun) -> None:
    body, _ = prepared(file, run, "airflow-1")
    assert body["file"] == {"given": file, "mark": "airflow-1"}


def test_without_marks_the_detected_file_is_fine() -> None:
    assert prepared(URL, detected("w9.pdf"), None)[0]["file"] == {"id": "file_of_detection"}


def test_what_is_at_hand_needs_no_detection() -> None:
    def detect(_: DetectionOrder) -> Any:
        pytest.fail("detection")

    assert order_to_fill({}, "file_1", SCHEMA, VALUES, detect).body == {"config": {"schema": FILLED}}
    assert (
        order_to_fill({"config": {"schema": SCHEMA}}, "file_1", None, VALUES, detect).body["config"]["schema"] == FILLED
    )
    assert order_to_fill({"config": {"a": 1}}, "file_1", None, None, detect).body == {"config": {"a": 1}}


def test_values_and_schema_are_part_of_the_fingerprint() -> None:
    def fingerprint(values: dict[str, Any], schema: Any = None) -> str:
        order = order_to_fill({"templateId": "edt_1"}, None, schema, values, lambda _: detected())
        assert isinstance(order, FillOrder)
        return order.fingerprint("task", "extend_default")

    assert fingerprint({"name": "Kim"}) == fingerprint({"name": "Kim"})
    assert len({fingerprint({"name": "Kim"}), fingerprint({"name": "Jo"}), fingerprint({"name": "Kim"}, SCHEMA)}) == 3


def test_a_run_with_other_values_is_not_its_own() -> None:
    order = order_to_fill({"config": {"engineVersion": "1.0.0"}}, "file_1", None, VALUES, lambda _: detected())
    assert order.is_like({"engineVersion": "1.0.0", "schema": FILLED, "advancedOptions": {}})
    assert not order.is_like({"engineVersion": "1.0.0", "schema": SCHEMA})
    assert not order.is_like({"engineVersion": "2.0.0", "schema": FILLED})
    assert not order.is_like({})
    assert not order.is_like(None)


def test_a_template_with_neither_schema_nor_file() -> None:
    order = order_to_fill({"templateId": "edt_1"}, None, None, VALUES, lambda _: detected())
    template = SimpleNamespace(id="edt_1", config=None, file=None)
    hook: Any = SimpleNamespace(get_conn=lambda: SimpleNamespace(get_edit_template=lambda _: template))
    with pytest.raises(ExtendConfigurationError, match="neither a schema nor a file"):
        order.prepare(hook)
