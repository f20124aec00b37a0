"""What may come of a hostile answer: a result that is right and can be stored, or an error of ours without secrets."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterable
from typing import Any

import pytest

from extend_provider.events import error_event, read_event
from extend_provider.exceptions import ExtendError
from extend_provider.kinds import EDIT
from extend_provider.models import BatchRun, EditTemplate, File, Run
from extend_provider.results import describe, result_of
from tests.hostile.answers import KEY, SIGNATURE

SECRETS = (KEY, SIGNATURE)


def judge(answer: Any, secrets: Iterable[str] = SECRETS) -> None:
    """
    Fail unless an answer is fine.

    :param answer: what a door gave: a result, or an exception.
    :param secrets: what an error must not show.
    """
    if isinstance(answer, BaseException):
        judge_error(answer, secrets)
    elif isinstance(answer, list):
        for item in answer:
            judge(item, secrets)
    elif isinstance(answer, Run):
        judge_run(answer)
    else:
        assert isinstance(answer, (bool, bytes, str, BatchRun, File, EditTemplate)), type(answer)


def judge_error(error: BaseException, secrets: Iterable[str] = SECRETS) -> None:
    if not isinstance(error, ExtendError):
        raise error
    facts = repr(vars(error))
    shown = [str(error), repr(error), facts, "".join(traceback.format_exception(error))]
    for secret in secrets:
        assert secret not in "".join(shown), secret
    assert len(facts) < 6000
    assert str(error).isprintable(), "it may write log lines of its own"
    assert error.message
    storable(facts)
    # It reaches the worker as it is.
    with pytest.raises(ExtendError) as restored:
        read_event(json.loads(json.dumps(error_event("edit", "edr_1", error), allow_nan=False)))
    assert type(restored.value) is type(error)
    assert str(restored.value) == str(error)


def judge_run(run: Run) -> None:
    assert run.id
    storable(describe(run))
    storable(run.filled_values)
    storable(run.whole_output)
    assert SIGNATURE not in repr(describe(run)["run_id"])
    assert KEY not in repr(run)
    try:
        storable(result_of(EDIT, run))
    except ExtendError as error:
        judge_error(error)


def storable(value: Any) -> None:
    """PostgreSQL must take it as JSON."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    assert "\\u0000" not in text
    text.encode()
