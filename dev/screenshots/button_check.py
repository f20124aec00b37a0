"""What the Test button has to say: each message that ``docs/connection.md`` explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dev.screenshots.deployment import UNREACHABLE, WORKSPACE, Deployment
from dev.screenshots.error import ScreenshotError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dev.screenshots.form import ConnectionForm

SUCCESS = "Connected to …"
WRONG_REGION = "It belongs to region …: choose that region."
_CONN_ID = "extend_test"
_WRONG_KEY = "sk_wrong_0123456789"


@dataclass(frozen=True)
class Case:
    """
    A connection, and what the button says to it.

    :param message: as in the table of ``docs/connection.md``; ``…`` stands for anything.
    :param values: of the form.
    :param stored: extras of a connection that is made by the command line, because the form does not allow them.
    :param fault: of the deployment of somebody's own, meanwhile.
    """

    message: str
    values: Mapping[str, str]
    stored: str = ""
    fault: str = ""

    def is_answered_by(self, said: str) -> bool:
        """Tell whether this is the message that was expected."""
        return all(part in said for part in self.message.split("…"))


def cases(running: Deployment) -> Iterator[Case]:
    """
    List all cases, the good one first.

    :param running: Airflow and the services.
    """
    in_eu1 = {"password": running.eu1.api_key, "region": "eu1"}
    own = {"host": running.own.base_url, "password": running.own.api_key}
    yield Case(SUCCESS, {**in_eu1, "workspace_id": WORKSPACE})
    yield Case(WRONG_REGION, {**in_eu1, "region": "us"})
    yield Case("No other region accepts it either", {"password": _WRONG_KEY, "region": "us"})
    yield Case("Check the key, and that it belongs to this deployment.", {**own, "password": _WRONG_KEY})
    yield Case("an organization-scoped key needs workspace_id", in_eu1)
    yield Case("The key may not use workspace", {**in_eu1, "workspace_id": "ws_of_others"})
    yield Case("cannot be reached.", {**own, "host": UNREACHABLE})
    yield Case("is not a JSON object", own, fault="not_json")
    yield Case("has no API key.", {"region": "us"})
    yield Case("Unknown Extend region", {"password": running.us.api_key}, stored='{"region": "eu"}')


def check_button(form: ConnectionForm, running: Deployment, look: Callable[[Case], None]) -> None:
    """
    Press the button in every case.

    :param form: to press it in.
    :param running: Airflow and the services.
    :param look: called while a message is shown.
    :raises ScreenshotError: a message is not what the documentation says.
    """
    secrets = (running.us.api_key, running.eu1.api_key, running.own.api_key, _WRONG_KEY)
    for case in cases(running):
        said = _press(form, running, case)
        if not case.is_answered_by(said):
            raise ScreenshotError(f"The Test button says {said!r}; expected: {case.message!r}")
        if any(secret in said for secret in secrets):
            raise ScreenshotError(f"The Test button shows the key: {said!r}")
        look(case)


def _press(form: ConnectionForm, running: Deployment, case: Case) -> str:
    if case.stored:
        password = case.values["password"]
        arguments = ("--conn-type", "extend", "--conn-password", password, "--conn-extra", case.stored)
        running.stack.command("connections", "add", _CONN_ID, *arguments)
        return form.test_saved(_CONN_ID, password)
    if case.fault:
        running.own.inject_fault(case.fault)
    said = form.test(_CONN_ID, case.values)
    if case.fault:
        running.own.reset()
    return said
