"""The search through the list of runs, with lists that lag, are long, or are useless."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import ExtendOutcomeUnknownError
from extend_provider.hooks.extend import ExtendHook
from extend_provider.kinds import EDIT
from extend_provider.submit import search
from extend_provider.submit.order import RunOrder, is_contained
from extend_provider.submit.search import Search

if TYPE_CHECKING:
    from extend_provider.local import LocalService

MARK = "airflow-0123456789abcdef"


def now() -> datetime:
    return datetime.now(timezone.utc)


def created(service: LocalService, pdf: bytes, count: int, name: str = "form.pdf") -> list[str]:
    with ExtendHook() as hook:
        return [hook.create_edit_run(file={"id": service.add_file(name, pdf)}).id for _ in range(count)]


def look(mark: str | None = MARK, file: Any = None, since: datetime | None = None, **options: Any) -> list[str]:
    with ExtendHook() as hook:
        order = RunOrder(EDIT, {}, file)
        found = Search(hook, order, mark, since, **options).run()
        return [run.id for run in found]


def test_finds_the_mark_among_other_runs(extend_local: LocalService, form_pdf: bytes) -> None:
    created(extend_local, form_pdf, 3)
    (mine,) = created(extend_local, form_pdf, 1, f"form-{MARK}.pdf")
    created(extend_local, form_pdf, 3)
    assert look() == [mine]
    (request,) = [request for request in extend_local.requests if request.method == "GET"]
    assert request.query == {
        "fileNameContains": MARK,
        "sortBy": "createdAt",
        "sortDir": "desc",
        "maxPageSize": "100",
    }


def test_newest_first(extend_local: LocalService, form_pdf: bytes) -> None:
    runs = created(extend_local, form_pdf, 3, f"form-{MARK}.pdf")
    assert look() == runs[::-1]


def test_looks_again_until_a_new_run_must_be_listed(
    extend_local: LocalService, form_pdf: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_SETTLE", 10.0)
    (mine,) = created(extend_local, form_pdf, 1, f"form-{MARK}.pdf")
    extend_local.inject("list_lags", times=None, seconds=600)
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            extend_local.clear_faults()

    assert look(sleep=sleep) == [mine]
    assert pauses == [1, 2, 4]


def test_gives_up_when_a_new_run_would_be_listed(extend_local: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_SETTLE", 10.0)
    pauses: list[float] = []
    assert look(sleep=pauses.append) == []
    assert pauses == [1, 2, 4, 3]


def test_gives_up_when_there_are_too_many_runs(
    extend_local: LocalService, form_pdf: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = extend_local.add_file("form.pdf", form_pdf)
    created(extend_local, form_pdf, 4)
    monkeypatch.setattr(search, "_MOST_LISTED", 3)
    with pytest.raises(ExtendOutcomeUnknownError, match="not among the newest 3 runs"):
        look(mark=None, file=file_id)


def test_reads_no_further_than_the_task_is_old(
    extend_local: LocalService, form_pdf: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = extend_local.add_file("form.pdf", form_pdf)
    created(extend_local, form_pdf, 4)
    monkeypatch.setattr(search, "_MOST_LISTED", 3)
    assert look(mark=None, file=file_id, since=now() + timedelta(hours=1)) == []


def test_what_only_a_wrong_clock_could_mean_is_looked_at_as_far_as_there_is_room(
    extend_local: LocalService, form_pdf: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id, later = extend_local.add_file("form.pdf", form_pdf), now() + timedelta(minutes=30)
    with ExtendHook() as hook:
        runs = [hook.create_edit_run(file={"id": file_id}).id for _ in range(4)]
    assert look(mark=None, file=file_id, since=later) == runs[::-1]
    assert look(mark=None, file=file_id, since=later, skew=search.SKEW) == []
    monkeypatch.setattr(search, "_MOST_LISTED", 3)
    assert look(mark=None, file=file_id, since=later) == runs[:0:-1]
    monkeypatch.setattr(search, "_MOST_COMPARED", 2)
    assert look(mark=None, file=file_id, since=later) == []


def test_an_unmarked_run_is_told_by_seconds_where_extend_tells_no_more(
    extend_local: LocalService, uploaded_form: str
) -> None:
    since = now().replace(microsecond=800_000)
    with ExtendHook() as hook:
        run = hook.create_edit_run(file={"id": uploaded_form})
        looking = Search(hook, RunOrder(EDIT, {}, uploaded_form), None, since)
        in_that_second = run.model_copy(update={"created_at": since.replace(microsecond=0)})
        assert looking.the_one([in_that_second]) is in_that_second
        just_before = run.model_copy(update={"created_at": since.replace(microsecond=799_000)})
        with pytest.raises(ExtendOutcomeUnknownError, match="seems to be older"):
            looking.the_one([just_before])


def test_compares_only_so_many_configurations(
    extend_local: LocalService, form_pdf: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = extend_local.add_file("form.pdf", form_pdf)
    with ExtendHook() as hook:
        for _ in range(3):
            hook.create_edit_run(file={"id": file_id})
    monkeypatch.setattr(search, "_MOST_COMPARED", 2)
    with pytest.raises(ExtendOutcomeUnknownError, match="3 runs of its file are too many to compare"):
        look(mark=None, file=file_id)


@pytest.mark.parametrize(
    ("asked", "effective", "contained"),
    [
        ({}, {"engineVersion": "1.0.0"}, True),
        ({"instructions": "a"}, {"instructions": "a", "engineVersion": "1.0.0"}, True),
        ({"instructions": "a"}, {"instructions": "b"}, False),
        ({"instructions": None}, {}, True),
        ({"instructions": "a"}, None, False),
        ({"advancedOptions": {"flattenPdf": False}}, {"advancedOptions": {"flattenPdf": False, "x": True}}, True),
        ({"advancedOptions": {"flattenPdf": False}}, {"advancedOptions": {"flattenPdf": True}}, False),
        ({"schema": {"required": ["a", "b"]}}, {"schema": {"required": ["a", "b"]}}, True),
        ({"schema": {"required": ["a", "b"]}}, {"schema": {"required": ["a"]}}, False),
        ({"schema": {"anyOf": [{"a": 1}]}}, {"schema": {"anyOf": [{"a": 1, "b": 2}]}}, True),
    ],
)
def test_effective_configuration_holds_what_was_asked_for(asked: Any, effective: Any, contained: bool) -> None:
    assert is_contained(asked, effective) is contained
