from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dev.screenshots.button_check import Case, cases, check_button
from dev.screenshots.error import ScreenshotError

ROOT = Path(__file__).parents[3]


class Service(SimpleNamespace):
    def inject_fault(self, fault: str) -> None:
        self.fault = fault

    def reset(self) -> None:
        self.fault = ""


def deployment() -> Any:
    services = {
        name: Service(base_url=f"http://{name}", api_key=f"sk_{name}", fault="") for name in ("us", "eu1", "own")
    }
    stack = SimpleNamespace(commands=[])
    stack.command = lambda *arguments: stack.commands.append(arguments)
    return SimpleNamespace(stack=stack, **services)


class Form:
    """Says what is expected, unless told otherwise."""

    def __init__(self, running: Any, instead: dict[str, str] | None = None) -> None:
        self._messages = [case.message for case in cases(running)]
        self._instead = instead or {}
        self.faults: list[str] = []
        self._running = running

    def test(self, conn_id: str, values: dict[str, str]) -> str:
        self.faults.append(self._running.own.fault)
        message = self._messages.pop(0)
        return self._instead.get(message, f"http://x: {message} [HTTP 401]")

    def test_saved(self, conn_id: str, password: str) -> str:
        return self.test(conn_id, {})


def test_every_message_of_the_documentation_is_asked_for() -> None:
    table = (ROOT / "docs" / "connection.md").read_text().partition("| it says |")[2]
    documented = re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE)
    assert len(documented) > 5
    assert [case.message for case in cases(deployment())] == documented


def test_all_is_well() -> None:
    running, seen = deployment(), []
    form: Any = Form(running)

    check_button(form, running, lambda case: seen.append(case.message))

    assert seen == [case.message for case in cases(running)]
    assert [fault for fault in form.faults if fault] == ["not_json"]
    (command,) = running.stack.commands
    assert command[:3] == ("connections", "add", "extend_test")


@pytest.mark.parametrize(
    ("message", "instead", "complaint"),
    [
        ("has no API key.", "Oops", "says 'Oops'; expected: 'has no API key.'"),
        ("Connected to …", "Connected to it, by sk_eu1", "shows the key"),
    ],
)
def test_a_wrong_message_is_found(message: str, instead: str, complaint: str) -> None:
    running = deployment()
    form: Any = Form(running, {message: instead})
    with pytest.raises(ScreenshotError, match=complaint):
        check_button(form, running, lambda case: None)


def test_dots_stand_for_anything() -> None:
    case = Case("It belongs to region …: choose that region.", {})
    assert case.is_answered_by("Refused. It belongs to region eu1: choose that region. Bye")
    assert not case.is_answered_by("It belongs to region eu1.")
