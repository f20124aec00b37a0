"""What the Test button has to say: each message that ``docs/connection.md`` explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dev.screenshots.deployment import UNREACHABLE, WORKSPACE, Deployment
from dev.screenshots.error import ScreenshotError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dev.local_service import LocalServiceProcess
    from dev.screenshots.form import ConnectionForm

SUCCESS = "Connected to …"
WRONG_REGION = "It belongs to region …: choose that region."
_CONN_ID = "extend_test"
_WRONG_KEY = "sk_wrong_0123456789"
_TWO_KEYS = "sk_one_0123456789 sk_two_0123456789"


@dataclass(frozen=True)
class Case:
    """
    A connection, and what the button says to it.

    :param message: as in the table of ``docs/connection.md``; ``…`` stands for anything.
    :param values: of the form.
    :param stored: extras of a connection that is made by the command line, because the form does not allow them.
    :param fault: of a service, meanwhile.
    :param faulty: name of that service in the deployment.
    """

    message: str
    values: Mapping[str, str]
    stored: str = ""
    fault: str = ""
    faulty: str = "own"

    def is_answered_by(self, said: str) -> bool:
        """Tell whether this is the message that was expected."""
        return all(part in said for part in self.message.split("…"))


def cases(running: Deployment) -> Iterator[Case]:
    """
    List all cases, in the order of the documentation, the good one first.

    :param running: Airflow and the services.
    """
    yield from _cases_of_the_key(running)
    yield from _cases_of_answers(running)
    yield from _cases_of_fields(running)


def _own(running: Deployment) -> dict[str, str]:
    return {"host": running.own.base_url, "password": running.own.api_key}


def _cases_of_the_key(running: Deployment) -> Iterator[Case]:
    in_eu1 = {"password": running.eu1.api_key, "region": "eu1"}
    wrong = {"password": _WRONG_KEY, "region": "us"}
    yield Case(SUCCESS, {**in_eu1, "workspace_id": WORKSPACE})
    yield Case(WRONG_REGION, {**in_eu1, "region": "us"})
    yield Case("No other region accepts it either", wrong)
    yield Case("could not be found out from here.", wrong, fault="server_error", faulty="us2")
    yield Case("Check the key, and that it belongs to this deployment.", {**_own(running), "password": _WRONG_KEY})
    yield Case("an organization-scoped key needs workspace_id", in_eu1)
    yield Case("The key may not use workspace", {**in_eu1, "workspace_id": "ws_of_others"})


def _cases_of_answers(running: Deployment) -> Iterator[Case]:
    own, other = _own(running), running.stranger
    yield Case("check api_version", {**own, "api_version": "2020-01-01"})
    yield Case("is out of credits or blocked", own, fault="credits")
    yield Case("No Extend API answers at", {**own, "host": f"{running.own.base_url}/v9"})
    yield Case("does not look like Extend's", {**own, "host": f"{other}/403"})
    yield Case("A redirect is not followed", {**own, "host": f"{other}/301"})
    yield Case("The proxy asks for a user and a password", {**own, "host": f"{other}/407"})
    # Its key is used in no other case: for a moment after this answer, nothing is sent for it.
    of_us2 = {"password": running.us2.api_key, "region": "us2"}
    yield Case("Too many requests at the moment", of_us2, fault="rate_limit", faulty="us2")
    yield Case("could not answer: test again later.", {**own, "host": f"{other}/503"})
    yield Case("is not a JSON object", own, fault="not_json")
    yield Case("lacks or misspells", {**own, "host": f"{other}/200"})
    yield Case("cannot be reached.", {**own, "host": UNREACHABLE})


def _cases_of_fields(running: Deployment) -> Iterator[Case]:
    own = _own(running)
    yield Case("has no API key.", {"region": "us"})
    yield Case("has a character that no key has.", {**own, "password": _TWO_KEYS})
    yield Case("must begin with https://", {**own, "host": "ftp://extend.example.com"})
    yield Case("Unknown Extend region", {"password": running.us.api_key}, stored='{"region": "eu"}')
    yield Case("must be a number above zero", {**own, "timeout": "soon"})
    yield Case("The CA bundle … cannot be read", {**own, "verify": "/nowhere.pem"})
    yield Case("The proxy is not a URL that can be used.", {**own, "proxy": "proxy:3128"})


def check_button(form: ConnectionForm, running: Deployment, look: Callable[[Case], None]) -> None:
    """
    Press the button in every case.

    :param form: to press it in.
    :param running: Airflow and the services.
    :param look: called while a message is shown.
    :raises ScreenshotError: a message is not what the documentation says.
    """
    secrets = (running.us.api_key, running.eu1.api_key, running.own.api_key, _WRONG_KEY, _TWO_KEYS)
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
        said = form.test_saved(_CONN_ID, password)
        running.stack.command("connections", "delete", _CONN_ID)
        return said
    service: LocalServiceProcess = getattr(running, case.faulty)
    if case.fault:
        service.inject_fault(case.fault)
    said = form.test(_CONN_ID, case.values)
    if case.fault:
        service.reset()
    return said
