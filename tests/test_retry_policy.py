from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("airflow.sdk.definitions.retry_policy", reason="Airflow below 3.3 has no retry policies")

from airflow.sdk.definitions.retry_policy import RetryAction

from extend_provider.exceptions import (
    ExtendCreditsError,
    ExtendOutcomeUnknownError,
    ExtendRateLimitError,
    ExtendServerError,
    ExtendTransportError,
)
from extend_provider.retry_policy import ExtendRetryPolicy


def decide(error: BaseException) -> Any:
    return ExtendRetryPolicy().evaluate(error, try_number=1, max_tries=3)


def test_what_will_not_pass_fails_at_once() -> None:
    decision = decide(ExtendCreditsError("The workspace has no credits.", hint="Top it up."))
    assert decision.action is RetryAction.FAIL
    assert decision.reason == "The workspace has no credits. Top it up."


@pytest.mark.parametrize("cls", [ExtendRateLimitError, ExtendServerError, ExtendOutcomeUnknownError])
def test_extend_says_when(cls: type[Any]) -> None:
    decision = decide(cls("Not now.", retry_after=90.0))
    assert (decision.action, decision.retry_delay) == (RetryAction.RETRY, timedelta(seconds=90))


@pytest.mark.parametrize("error", [ExtendServerError("broken"), ExtendTransportError("no answer")])
def test_what_may_pass_is_retried_after_the_tasks_own_delay(error: Exception) -> None:
    decision = decide(error)
    assert (decision.action, decision.retry_delay) == (RetryAction.RETRY, None)


def test_an_error_that_a_task_has_wrapped_is_found() -> None:
    wrapped = RuntimeError("my task failed")
    wrapped.__cause__ = ExtendCreditsError("no credits")
    assert decide(wrapped).action is RetryAction.FAIL


def test_others_are_left_to_airflow() -> None:
    error = ValueError("mine")
    error.__context__ = ExtendCreditsError("handled long ago")
    assert decide(error).action is RetryAction.DEFAULT


def test_goes_through_a_serialized_dag() -> None:
    assert isinstance(ExtendRetryPolicy.deserialize(ExtendRetryPolicy().serialize()), ExtendRetryPolicy)
