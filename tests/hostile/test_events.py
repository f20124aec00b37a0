"""Events as they may stand in Airflow's database, written by anybody: a whole result or an error of ours."""

from __future__ import annotations

import json
import os
import traceback
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from extend_provider import exceptions
from extend_provider.events import error_event, read_event, success_event
from extend_provider.exceptions import ExtendError, ExtendRunFailedError
from tests.hostile.answers import FLAWS, LEAVES, Flaw

SUCCESS = success_event(
    "edit",
    {
        "run_id": "edr_1",
        "status": "PROCESSED",
        "output_file_ids": ["file_9"],
        "filled_fields": ["name"],
        "credits": 2,
        "page_count": 1,
    },
)
FAILURE = error_event(
    "edit",
    "edr_1",
    ExtendRunFailedError("It failed.", hint="Do that.", run_id="edr_1", kind="edit", status="FAILED", reason="X"),
)
# Names that an exception has anyway, and that must not be hidden.
NAMES = [
    *("args", "with_traceback", "add_note", "__notes__", "__class__", "__dict__", "__cause__", "__str__", "message"),
    *("retryable", "retry_after", "status_code", "run_id", "type", "sent", "novelty", "", "a b", "hint"),
]
PROFILE = settings(
    derandomize="HOSTILE_EXAMPLES" not in os.environ,
    max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "250")),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)


def check(event: Any) -> None:
    try:
        result = read_event(event)
    except ExtendError as error:
        check_error(error)
    else:
        assert result["run_id"]
        assert result["status"]
        assert result["output_file_ids"] or event.get("kind") != "edit"
        assert all(isinstance(name, str) for name in [*result["output_file_ids"], *result.get("filled_fields", [])])
        for fact in (result["credits"], result["page_count"]):
            assert fact is None or (isinstance(fact, (int, float)) and fact - fact == 0)


def check_error(error: ExtendError) -> None:
    """It can be handled like one that was raised here."""
    assert str(error)
    assert isinstance(error.retryable, bool)
    assert error.hint is None or isinstance(error.hint, str)
    assert error.status_code is None or isinstance(error.status_code, int)
    assert isinstance(getattr(error, "run_id", ""), str | None)
    after = getattr(error, "retry_after", None)
    assert after is None or after - after == 0
    error.with_traceback(None)
    assert "".join(traceback.format_exception(error))
    assert callable(type(error).__str__)


@PROFILE
@given(flaws=st.lists(FLAWS, max_size=3), fails=st.booleans())
def test_flawed_events(flaws: list[Flaw], fails: bool) -> None:
    event = json.loads(json.dumps(FAILURE if fails else SUCCESS))
    for flaw in flaws:
        flaw.apply(event)

    check(event)


@PROFILE
@given(
    facts=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), LEAVES, max_size=4),
    name=st.sampled_from([*exceptions.__all__, "restore", "annotations", "Exception", None, 5]),
)
def test_errors_with_strange_facts(facts: dict[str, Any], name: Any) -> None:
    check({"kind": "edit", "run_id": "edr_1", "error": {"message": "It broke.", "type": name, **facts}})


@PROFILE
@given(event=LEAVES)
def test_anything(event: Any) -> None:
    check(event)
