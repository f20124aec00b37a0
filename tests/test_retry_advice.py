from __future__ import annotations

import pickle

import pytest

from extend_provider.exceptions import (
    ExtendAuthenticationError,
    ExtendConfigurationError,
    ExtendCreditsError,
    ExtendError,
    ExtendInvalidRequestError,
    ExtendNoOutputError,
    ExtendNotFoundError,
    ExtendOutcomeUnknownError,
    ExtendRateLimitError,
    ExtendRunFailedError,
    ExtendRunTimeoutError,
    ExtendServerError,
    ExtendTransportError,
)
from extend_provider.retry_advice import failing_at_once, is_worth_a_retry
from tests.airflow_names import AirflowFailException

RUN = {"run_id": "edr_1", "kind": "edit"}


@pytest.mark.parametrize(
    ("error", "worth"),
    [
        (ExtendRunFailedError("failed", reason="CORRUPT_FILE", retryable=False, **RUN), False),
        (ExtendRunFailedError("failed", reason="INTERNAL_ERROR", retryable=True, **RUN), True),
        (ExtendNoOutputError("no file", **RUN), False),
        (ExtendRunTimeoutError("late", **RUN), True),
        (ExtendInvalidRequestError("wrong"), False),
        (ExtendCreditsError("no credits"), False),
        (ExtendConfigurationError("both file and template_id"), False),
        (ExtendConfigurationError("no such connection", retryable=True), True),
        (ExtendAuthenticationError("refused"), True),
        (ExtendNotFoundError("gone"), True),
        (ExtendRateLimitError("slow down"), True),
        (ExtendServerError("broken"), True),
        (ExtendTransportError("no answer"), True),
        (ExtendOutcomeUnknownError("who knows"), True),
    ],
)
def test_worth(error: ExtendError, worth: bool) -> None:
    assert is_worth_a_retry(error) is worth


def test_failing_at_once_is_the_same_error_and_airflows() -> None:
    error = ExtendRunFailedError("The run failed.", hint="Mend it.", reason="CORRUPT_FILE", **RUN)
    failing = failing_at_once(error)
    assert isinstance(failing, ExtendRunFailedError)
    assert isinstance(failing, AirflowFailException)
    assert str(failing) == str(error)
    assert vars(failing) == vars(error)
    assert type(failing).__name__ == "ExtendRunFailedError"


def test_failing_twice_is_failing_once() -> None:
    failing = failing_at_once(ExtendCreditsError("no credits"))
    assert type(failing_at_once(failing)) is type(failing)


def test_failing_at_once_survives_a_change_of_process() -> None:
    copy = pickle.loads(pickle.dumps(failing_at_once(ExtendNoOutputError("no file", hint="Look.", **RUN))))
    assert isinstance(copy, ExtendNoOutputError)
    assert isinstance(copy, AirflowFailException)
    assert (copy.run_id, copy.hint) == ("edr_1", "Look.")
