from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dev.screenshots.button_check import Case, cases, check_button
from dev.screenshots.deployment import WORKSPACE
from dev.screenshots.error import ScreenshotError
from dev.screenshots.stranger import stranger
from extend_provider.client import REGIONS
from extend_provider.hooks.extend import ExtendHook
from extend_provider.local import LocalService

ROOT = Path(__file__).parents[3]


class Service(SimpleNamespace):
    def inject_fault(self, fault: str) -> None:
        self.fault = fault

    def reset(self) -> None:
        self.fault = ""


def deployment() -> Any:
    services = {
        name: Service(base_url=f"http://{name}", api_key=f"sk_{name}", fault="") for name in ("us", "us2", "eu1", "own")
    }
    stack = SimpleNamespace(commands=[])
    stack.command = lambda *arguments: stack.commands.append(arguments)
    return SimpleNamespace(stack=stack, stranger="http://stranger", **services)


def services_of(running: Any) -> list[tuple[str, Service]]:
    return [(name, service) for name, service in vars(running).items() if isinstance(service, Service)]


class Form:
    """Says what is expected, unless told otherwise."""

    def __init__(self, running: Any, instead: dict[str, str] | None = None) -> None:
        self._messages = [case.message for case in cases(running)]
        self._instead = instead or {}
        self.faults: list[tuple[str, str]] = []
        self._running = running

    def test(self, conn_id: str, values: dict[str, str]) -> str:
        self.faults += [(name, service.fault) for name, service in services_of(self._running) if service.fault]
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
    assert form.faults == [
        *(("us2", "server_error"), ("own", "credits"), ("us2", "rate_limit"), ("own", "not_json")),
    ]
    assert not any(service.fault for _, service in services_of(running))
    added, removed = running.stack.commands
    assert added[:3] == ("connections", "add", "extend_test")
    assert removed == ("connections", "delete", "extend_test")


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


class RealService:
    """A local service as the checks see it."""

    def __init__(self, service: LocalService) -> None:
        self.base_url, self.api_key, self.inject_fault = service.base_url, service.api_key, service.inject
        self.reset = service.clear_faults


class RealButton:
    """The hook's answer, without the form around it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.stored: tuple[str, ...] = ()

    def test(self, conn_id: str, values: dict[str, str]) -> str:
        extra = {name: value for name, value in values.items() if name not in {"host", "password"}}
        fields = {"host": values.get("host"), "password": values.get("password"), "extra": extra}
        self._monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps({"conn_type": "extend", **fields}))
        return ExtendHook(conn_id).test_connection()[1]

    def test_saved(self, conn_id: str, password: str) -> str:
        return self.test(conn_id, {"password": password, **json.loads(self.stored[-1])})


def test_the_hook_says_what_the_documentation_says(monkeypatch: pytest.MonkeyPatch) -> None:
    button: Any = RealButton(monkeypatch)
    options: dict[str, Any] = {"us": {}, "us2": {}, "eu1": {"workspace_id": WORKSPACE}, "own": {}}
    with ExitStack() as stack:
        services = {name: stack.enter_context(LocalService(**given)) for name, given in options.items()}
        for region in REGIONS:
            monkeypatch.setitem(REGIONS, region, services[region].base_url)
        running: Any = SimpleNamespace(
            stack=SimpleNamespace(command=lambda *arguments: setattr(button, "stored", arguments)),
            stranger=stack.enter_context(stranger()),
            **{name: RealService(service) for name, service in services.items()},
        )
        check_button(button, running, lambda case: None)
