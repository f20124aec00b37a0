from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dev.screenshots.error import ScreenshotError
from dev.screenshots.form_check import check_new_form, check_reopened_form
from extend_provider.connection_fields import FIELDS, ui_field_behaviour
from extend_provider.hooks.connection_form import JSON_LABEL

STANDARD = ui_field_behaviour()
VALUES = {"password": "sk_secret", "region": "eu1", "timeout": "30"}


class Form:
    """The form as it should be, where it is not told otherwise."""

    def __init__(self, **otherwise: Any) -> None:
        self._otherwise = otherwise
        self._tops = {field.name: 50.0 * number for number, field in enumerate(FIELDS)}
        self._texts = {field.name: f"{field.label}\n{field.help}" for field in FIELDS} | STANDARD["relabeling"]
        self._attributes = {"type": "password"}

    def text_around(self, name: str) -> str:
        return str(self._otherwise.get(f"text_{name}", self._texts[name]))

    def field(self, name: str) -> Any:
        attributes = {**self._attributes, "placeholder": STANDARD["placeholders"].get(name), **self._otherwise}
        return SimpleNamespace(
            get_attribute=attributes.get,
            bounding_box=lambda: {"y": self._otherwise.get(f"y_{name}", self._tops.get(name))},
        )

    def json_label(self) -> Any:
        return self._otherwise.get("json_label", JSON_LABEL)

    def choices(self, name: str) -> list[str]:
        (field,) = (field for field in FIELDS if field.name == name)
        return list(self._otherwise.get("choices", field.choices.values()))

    def value(self, name: str) -> str:
        return str(self._otherwise.get(f"value_{name}", "us" if name == "region" else ""))


def reopened(**otherwise: str) -> Any:
    return Form(**{"value_region": "eu1", "value_timeout": "30", **otherwise})


@pytest.mark.parametrize("json_label", [JSON_LABEL, None])
def test_a_good_form(json_label: str | None) -> None:
    form: Any = Form(json_label=json_label)
    check_new_form(form)
    check_reopened_form(reopened(), VALUES, "<html>")


@pytest.mark.parametrize(
    ("otherwise", "complaint"),
    [
        ({"text_host": "Host"}, "label of host"),
        ({"placeholder": ""}, "placeholder of host"),
        ({"type": "text"}, "key's field"),
        ({"text_timeout": "Timeout (seconds)"}, "help of timeout"),
        ({"choices": ["us", "eu1"]}, "choices of region"),
        ({"value_region": "eu1"}, "region in a new form"),
        ({"y_region": 1000.0}, "another order"),
        ({"json_label": "Extra"}, "label of the extras as JSON"),
    ],
)
def test_what_is_wrong_with_a_new_form(otherwise: dict[str, Any], complaint: str) -> None:
    form: Any = Form(**otherwise)
    with pytest.raises(ScreenshotError, match=complaint):
        check_new_form(form)


@pytest.mark.parametrize(
    ("otherwise", "source", "complaint"),
    [
        ({"value_region": "us"}, "", "region is 'us' after reopening"),
        ({"value_proxy": "x"}, "", "proxy is 'x' after reopening; nothing was filled in"),
        ({"value_password": "sk_secret"}, "", "key can be read"),
        ({}, '{"password": "sk_secret"}', "key can be read"),
    ],
)
def test_what_is_wrong_with_a_reopened_form(otherwise: dict[str, str], source: str, complaint: str) -> None:
    with pytest.raises(ScreenshotError, match=complaint):
        check_reopened_form(reopened(**otherwise), VALUES, source)
