"""Runs as the API would never answer them, made into results."""

from __future__ import annotations

import json
import os

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from extend_provider.kinds import EDIT
from extend_provider.models import EditRun
from extend_provider.results import describe, result_of
from tests.hostile.answers import FLAWS, KEY, RUN, SIGNED, VALUE, Flaw
from tests.hostile.judging import judge_error

MESSAGES = [None, VALUE, f"'{VALUE}' is too long", SIGNED, f"\r\n{SIGNED}\x1b[2J{VALUE}", VALUE * 2000, "x" * 2_000_000]


@settings(
    derandomize="HOSTILE_EXAMPLES" not in os.environ,
    max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "250")),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
@given(
    flaws=st.lists(FLAWS, max_size=3),
    status=st.sampled_from(["PROCESSED", "FAILED", "NEW"]),
    message=st.sampled_from(MESSAGES),
    reason=st.sampled_from([*MESSAGES, "CORRUPT_FILE"]),
)
def test_results(flaws: list[Flaw], status: str, message: str | None, reason: str | None) -> None:
    body = json.loads(json.dumps(RUN))
    for flaw in flaws:
        flaw.apply(body)
    config = json.loads(json.dumps(RUN["config"]))
    body |= {"status": status, "failureMessage": message, "failureReason": reason, "config": config}
    try:
        run = EditRun.model_validate(body)
    except (ValidationError, RecursionError):
        # Answered by an error of ours: see the tests of the calls.
        return

    assert describe(run)["run_id"] == run.id
    try:
        result = result_of(EDIT, run)
    except Exception as error:
        judge_error(error, {VALUE, SIGNED.partition("?")[2]})
    else:
        assert result == describe(run)
        assert VALUE not in repr(result) or VALUE in repr(body["output"])
        assert KEY not in repr(run.usage)
