"""When Extend does not answer, its waits go on; when it does again, they end. At a deadline, there is an answer."""

from __future__ import annotations

import logging
import random

import pytest

from extend_provider.models import Run
from tests.watch.simulated_extend import Fault, Lies, SimulatedExtend, SimulatedRun, endless, processed
from tests.watch.waiting_room import Endings, wait_for_all

RUNS = 100
QUEUE = RUNS / 10
# A request that hangs is given up after this time.
READ_TIMEOUT = 60.0
# The longest pause between two tries of a request, and between two requests for a run.
RETRY = 15.0 + 15.0


def runs(count: int = RUNS) -> list[SimulatedRun]:
    numbers = random.Random(1)
    return [processed(f"edr_{number}", numbers.uniform(5, 20)) for number in range(count)]


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno == level and not record.getMessage().startswith("Waited")
    ]


@pytest.mark.parametrize(
    ("how", "lateness"),
    [
        (500, RETRY + QUEUE),
        (503, RETRY + QUEUE),
        (408, RETRY + QUEUE),
        (429, RETRY + QUEUE),
        ("html", RETRY + QUEUE),
        ("drop", RETRY + QUEUE),
        (401, RETRY + QUEUE),
        # A request that began to hang at the end of the outage.
        ("hang", READ_TIMEOUT + RETRY + QUEUE),
    ],
)
@pytest.mark.parametrize("where", ["get", "all"])
@pytest.mark.parametrize(("begins", "ends"), [(0, 50), (4, 12), (19, 21)])
def test_an_outage_loses_no_run(how: int | str, lateness: float, where: str, begins: float, ends: float) -> None:
    service = SimulatedExtend(runs(), faults=[Fault(how, where, begins, ends)])

    endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": RUNS}
    assert endings.finished_at < max(ends, 20) + lateness
    # Hardly a request more than without the outage, for each half minute that it lasts.
    assert len(service.requests) < 3.2 * RUNS


def test_results_that_could_not_be_fetched_are_fetched_as_soon_as_they_can_be() -> None:
    """The list has told that the runs ended; that is not to be forgotten until the next reconciliation."""
    service = SimulatedExtend(
        [processed(f"edr_{number}", 10) for number in range(20)], faults=[Fault(500, "get", 0, 30)]
    )

    endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": 20}
    assert endings.finished_at < 30 + 9


def test_an_outage_of_an_hour_costs_few_requests() -> None:
    service = SimulatedExtend(runs(), faults=[Fault(503, "all", 10, 3610)])

    endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": RUNS}
    assert endings.finished_at < 3610 + RETRY + QUEUE
    during = [when for when, _, _ in service.requests if 100 < when < 3600]
    assert len(during) < 3500 * 10


@pytest.mark.parametrize("how", [500, "drop", "html", 429, "hang"])
@pytest.mark.parametrize("count", [1, 3, 200])
def test_an_outage_is_logged_once(how: int | str, count: int, caplog: pytest.LogCaptureFixture) -> None:
    service = SimulatedExtend(
        [processed(f"edr_{number}", 20 + number / 10) for number in range(count)], faults=[Fault(how, "all", 10, 120)]
    )

    with caplog.at_level(logging.INFO, logger="extend_provider"):
        endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": count}
    (warning,) = lines(caplog, logging.WARNING)
    assert warning.startswith("Extend does not answer for now; its runs go on, and so does waiting for them.")
    assert lines(caplog, logging.INFO).count("Extend answers again.") == 1
    # Besides, that the list is not used meanwhile.
    assert len(lines(caplog, logging.INFO)) <= 3


def test_a_run_that_alone_cannot_be_seen_is_no_outage(caplog: pytest.LogCaptureFixture) -> None:
    broken = frozenset({"edr_broken"})
    service = SimulatedExtend(
        [endless("edr_broken"), *(processed(f"edr_{number}", 20 + 2 * number) for number in range(100))],
        faults=[Fault(500, "get", runs=broken)],
    )

    with caplog.at_level(logging.INFO, logger="extend_provider"):
        endings = wait_for_all(service, wait={"deadline": 150.0})

    assert endings["edr_broken"].kind == "ExtendOutcomeUnknownError"
    # Its last look retries for a while.
    assert endings["edr_broken"].at < 150 + 16
    # The others do not share its fate, though their deadline passes while its request fails.
    assert endings.kinds == {"ExtendOutcomeUnknownError": 1, "PROCESSED": 66, "ExtendRunTimeoutError": 34}
    assert len(lines(caplog, logging.WARNING)) <= 1


def test_a_missing_list_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    service = SimulatedExtend(
        [processed(f"edr_{number}", 3000.0) for number in range(5)], faults=[Fault(404, "list", 0, 2000)]
    )

    with caplog.at_level(logging.INFO, logger="extend_provider"):
        endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": 5}
    (warning,) = lines(caplog, logging.WARNING)
    assert "The list of Extend edit runs cannot be used for now, so each run is read by itself." in warning
    assert lines(caplog, logging.INFO) == ["The list of Extend edit runs can be used again."]
    # Less and less often.
    assert service.statuses[404] <= 9


# -- deadlines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [500, "drop", "html", 429, 401, "hang"])
@pytest.mark.parametrize("where", ["get", "all"])
def test_an_outage_at_the_deadline_leaves_the_outcome_unknown(how: int | str, where: str) -> None:
    service = SimulatedExtend(runs(), faults=[Fault(how, where, 4)])

    endings = wait_for_all(service, wait={"deadline": 40.0})

    assert endings.kinds == {"ExtendOutcomeUnknownError": RUNS}
    for ending in endings.values():
        assert isinstance(ending.answer, Exception)
        assert ending.answer.run_id == ending.run_id  # type: ignore[attr-defined]
    assert endings.finished_at < 40 + 25


@pytest.mark.parametrize(
    ("how", "lateness"),
    [(500, QUEUE + 5), ("drop", QUEUE + 5), ("html", QUEUE + 5), pytest.param(429, 4 * QUEUE, id="at a slow pace")],
)
def test_an_outage_that_is_over_at_the_deadline_hides_nothing(how: int | str, lateness: float) -> None:
    """The last news was that nobody is answered; that is not what the deadline is decided by."""
    halves = [*runs(50), *(endless(f"edr_endless_{number}") for number in range(50))]
    service = SimulatedExtend(halves, faults=[Fault(how, "all", 4, 59.9)])

    endings = wait_for_all(service, wait={"deadline": 60.0})

    assert endings.kinds == {"PROCESSED": 50, "ExtendRunTimeoutError": 50}
    assert endings.finished_at < 60 + lateness


@pytest.mark.parametrize("how", [500, "drop", "html", 429])
def test_a_hiccup_at_the_deadline_hides_nothing(how: int | str) -> None:
    service = SimulatedExtend(
        [*runs(5), *(endless(f"edr_endless_{number}") for number in range(5))], faults=[Fault(how, "all", 29.9, 31.5)]
    )

    endings = wait_for_all(service, wait={"deadline": 30.0})

    assert endings.kinds == {"PROCESSED": 5, "ExtendRunTimeoutError": 5}
    assert endings.finished_at < 30 + 7


@pytest.mark.parametrize("deadline", range(38, 46))
@pytest.mark.parametrize("begins", [11, 17, 29, 35])
def test_a_limit_of_the_list_at_the_deadline_hides_nothing(deadline: float, begins: float) -> None:
    """A look that is refused silences all for seconds; who has less time left does not meet an outage by that."""
    service = SimulatedExtend([endless(f"edr_{number}") for number in range(4)], faults=[Fault(429, "list", begins)])

    endings = wait_for_all(service, wait={"deadline": deadline, "interval": None})

    assert endings.kinds == {"ExtendRunTimeoutError": 4}
    # The last look waits for its turn as long as it would wait for an answer.
    assert endings.finished_at < deadline + 20


def test_silence_that_extend_asks_for_is_kept() -> None:
    """`Retry-After` of ten minutes: not one request meanwhile, and all waits end after it."""
    service = SimulatedExtend(runs(), faults=[Fault(429, "all", 10, 10.5, retry_after=600)])

    endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": RUNS}
    assert [when for when, _, _ in service.requests if 10.6 < when < 610] == []
    # The pace is half of what it was.
    assert endings.finished_at < 610 + RETRY + 3 * QUEUE


def test_a_deadline_in_a_silence_is_kept_too() -> None:
    service = SimulatedExtend(runs(), faults=[Fault(429, "all", 0, 5, retry_after=600)])

    endings = wait_for_all(service, wait={"deadline": 60.0})

    assert endings.kinds == {"ExtendOutcomeUnknownError": RUNS}
    assert endings.finished_at < 61


# -- refusals that no time mends --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (402, "ExtendCreditsError"),
        (403, "ExtendPermissionError"),
        (404, "ExtendNotFoundError"),
        (422, "ExtendInvalidRequestError"),
    ],
)
def test_a_refused_run_ends_its_wait_only(status: int, error: str) -> None:
    refused = frozenset(f"edr_{number}" for number in range(5))
    service = SimulatedExtend(runs(20), faults=[Fault(status, "get", runs=refused)])

    endings = wait_for_all(service)

    assert endings.kinds == {error: 5, "PROCESSED": 15}
    assert {run_id for run_id, ending in endings.items() if ending.kind == error} == refused


def test_an_answer_that_is_no_run_ends_its_wait_only() -> None:
    service = SimulatedExtend(runs(20), faults=[Fault("garbage", "get", runs=frozenset({"edr_1"}))])

    endings = wait_for_all(service)

    assert endings.kinds == {"ExtendResponseError": 1, "PROCESSED": 19}


# -- statuses ---------------------------------------------------------------------------------------------------------


def test_an_unknown_status_is_no_end_before_the_deadline() -> None:
    service = SimulatedExtend(
        [
            SimulatedRun("edr_stays", [(-1, "PROCESSING"), (5, "PONDERING")]),
            SimulatedRun("edr_goes_on", [(-1, "PROCESSING"), (5, "PONDERING"), (20, "PROCESSED")]),
            SimulatedRun("edr_fails", [(-1, "PONDERING"), (20, "FAILED")]),
        ]
    )

    endings = wait_for_all(service, wait={"deadline": 60.0})

    assert {run_id: ending.kind for run_id, ending in endings.items()} == {
        "edr_stays": "ExtendUnknownStatusError",
        "edr_goes_on": "PROCESSED",
        "edr_fails": "FAILED",
    }
    stays = endings["edr_stays"]
    assert 60 <= stays.at < 61
    assert "PONDERING" in str(stays.answer)


def test_the_result_is_complete() -> None:
    """The list's entries lack the output: what a wait returns comes from the run itself."""
    endings: Endings = wait_for_all(SimulatedExtend(runs(5), lies=Lies(repeats=True)))

    for run_id, ending in endings.items():
        assert isinstance(ending.answer, Run)
        assert ending.answer.id == run_id
        assert ending.answer.output_file_ids == [f"file_of_{run_id}"]
