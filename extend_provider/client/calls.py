"""Every call of the API, written once: what to ask for, and how to read the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import IO, Any, TypeAlias, TypeVar

from extend_provider.client.answers import Trail, json_object, page, record, the_one
from extend_provider.client.exchange import Core, exchange
from extend_provider.client.flow import Flow, Request, Response, Upload
from extend_provider.exceptions import ExtendConfigurationError, ExtendNotFoundError
from extend_provider.kinds import RunKind
from extend_provider.models import BatchRun, EditTemplate, File, Run
from extend_provider.run_models import run_model

__all__ = [
    "cancel_run",
    "create_batch",
    "create_run",
    "delete_file",
    "delete_run",
    "edit_run_body",
    "get_batch",
    "get_edit_template",
    "get_file",
    "get_run",
    "list_edit_templates",
    "list_files",
    "list_runs",
    "run_sync",
    "upload_file",
]

T = TypeVar("T", Run, File, EditTemplate)

Filters: TypeAlias = Mapping[str, "str | int | bool | None"]
# Gets the page that a token names, ``None`` being the first: its items, and the token of the next one.
Pages: TypeAlias = Callable[["str | None"], Flow[tuple[list[T], "str | None"]]]


def edit_run_body(
    *, file: Mapping[str, Any] | None, template_id: str | None, config: Mapping[str, Any] | None
) -> dict[str, Any]:
    """
    Return the body that creates an edit run.

    :raises ExtendConfigurationError: not exactly one of ``file`` and ``template_id`` is given.
    """
    if (file is None) == (template_id is None):
        raise ExtendConfigurationError(
            f"An edit run takes exactly one of file and template_id; {'neither' if file is None else 'both'} given."
        )
    body: dict[str, Any] = {"file": dict(file)} if file is not None else {"templateId": template_id}
    if config is not None:
        body["config"] = dict(config)
    return body


def create_run(core: Core, kind: RunKind, body: Mapping[str, Any]) -> Flow[Run]:
    """Create a run; it is paid for."""
    model = run_model(kind)
    request = Request("POST", kind.path, json=_plain_json(body))
    return exchange(core, request, lambda sent, answer: record(model, sent, answer))


def run_sync(core: Core, kind: RunKind, body: Mapping[str, Any]) -> Flow[Run]:
    """Create a run and wait for its result in one request; it is paid for."""
    if kind.sync_path is None:
        raise ExtendConfigurationError(f"Extend has no endpoint that waits for {kind.name} runs.")
    model = run_model(kind)
    request = Request("POST", kind.sync_path, json=_plain_json(body))
    return exchange(core, request, lambda sent, answer: record(model, sent, answer))


def get_run(
    core: Core, kind: RunKind, run_id: str, *, whole: bool = False, retry_for: float | None = None
) -> Flow[Run]:
    """Look at a run; with ``whole``, its result comes along, however large."""
    model = run_model(kind)
    params = dict(kind.look_whole if whole else kind.look)
    request = Request("GET", f"{kind.path}/{_segment(run_id, 'run_id')}", params=params)
    return exchange(
        core, request, lambda sent, answer: the_one(record(model, sent, answer), run_id), retry_for=retry_for
    )


def cancel_run(core: Core, kind: RunKind, run_id: str) -> Flow[Run]:
    """Ask Extend to stop a run; the same question twice stops it once."""
    if not kind.cancellable:
        raise ExtendConfigurationError(f"Extend {kind.name} runs cannot be cancelled.")
    model = run_model(kind)
    request = Request("POST", f"{kind.path}/{_segment(run_id, 'run_id')}/cancel", idempotent=True)
    return exchange(core, request, lambda sent, answer: record(model, sent, answer))


def list_runs(core: Core, kind: RunKind, filters: Filters) -> Pages[Run]:
    """Return a function that gets one page of runs for a page token."""
    if not kind.listed:
        raise ExtendConfigurationError(f"Extend cannot list {kind.name} runs.", hint="Keep their ids.")
    return _pages(core, kind.path, filters, run_model(kind))


def delete_run(core: Core, kind: RunKind, run_id: str, *, missing_ok: bool) -> Flow[bool]:
    """Delete a run for good; true when there was something to delete."""
    if not kind.deletable:
        raise ExtendConfigurationError(f"Extend cannot delete {kind.name} runs.", hint="Delete their input file.")
    return _delete(core, f"{kind.path}/{_segment(run_id, 'run_id')}", missing_ok=missing_ok)


def create_batch(core: Core, kind: RunKind, body: Mapping[str, Any]) -> Flow[BatchRun]:
    """Create many runs with one request; each is paid for."""
    if kind.batch_is_run is None:
        raise ExtendConfigurationError(
            f"Extend has no batches of {kind.name} runs.", hint="Create the runs one by one."
        )
    request = Request("POST", f"{kind.path}/batch", json=_plain_json(body))
    return exchange(core, request, lambda sent, answer: record(BatchRun, sent, answer))


def get_batch(core: Core, batch_id: str) -> Flow[BatchRun]:
    """Look at a batch of parse, extract, classify or split runs."""
    request = Request("GET", f"/batch_runs/{_segment(batch_id, 'batch_id')}")
    return exchange(core, request, lambda sent, answer: the_one(record(BatchRun, sent, answer), batch_id))


def get_edit_template(core: Core, template_id: str) -> Flow[EditTemplate]:
    """Look at a saved edit template."""
    request = Request("GET", f"/edit_templates/{_segment(template_id, 'template_id')}")
    return exchange(core, request, lambda sent, answer: record(EditTemplate, sent, answer))


def list_edit_templates(core: Core, filters: Filters) -> Pages[EditTemplate]:
    """Return a function that gets one page of saved edit templates for a page token."""
    return _pages(core, "/edit_templates", filters, EditTemplate)


def upload_file(core: Core, stream: IO[bytes], name: str, *, password: str | None, convert_to_pdf: bool) -> Flow[File]:
    """Upload a file in pieces."""
    params = {"convertToPdf": "true"} if convert_to_pdf else {}
    request = Request("POST", "/files/upload", params=params, upload=Upload(name, stream, password))
    return exchange(core, request, lambda sent, answer: record(File, sent, answer))


def get_file(core: Core, file_id: str) -> Flow[File]:
    """Look at a file; the answer carries a fresh presigned URL."""
    request = Request("GET", f"/files/{_segment(file_id, 'file_id')}")
    return exchange(core, request, lambda sent, answer: the_one(record(File, sent, answer), file_id))


def list_files(core: Core, filters: Filters) -> Pages[File]:
    """Return a function that gets one page of files for a page token."""
    return _pages(core, "/files", filters, File)


def delete_file(core: Core, file_id: str, *, missing_ok: bool) -> Flow[bool]:
    """Delete a file for good; true when there was something to delete."""
    return _delete(core, f"/files/{_segment(file_id, 'file_id')}", missing_ok=missing_ok)


def _plain_json(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body, once it is sure that it can be written: httpx would raise errors that are not ours."""
    plain = dict(body)
    try:
        json.dumps(plain, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ExtendConfigurationError(
            f"The run's description is not plain JSON: {error}.",
            hint="Turn dates, decimals and sets in config into text, numbers and lists first.",
        ) from None
    return plain


def _pages(core: Core, path: str, filters: Filters, model: type[T]) -> Pages[T]:
    params = {name: value for name, value in filters.items() if value is not None}
    trail = Trail()

    def get_page(token: str | None) -> Flow[tuple[list[T], str | None]]:
        # A token is bound to its query: the same filters go with every page.
        query = {**params, "nextPageToken": token} if token else params
        return exchange(core, Request("GET", path, params=query), lambda sent, answer: page(model, sent, answer, trail))

    return get_page


def _delete(core: Core, path: str, *, missing_ok: bool) -> Flow[bool]:
    try:
        yield from exchange(core, Request("DELETE", path), _deleted)
    except ExtendNotFoundError:
        if not missing_ok:
            raise
        return False
    return True


def _deleted(request: Request, response: Response) -> None:
    # 404 comes here when an earlier try, whose answer was lost, has deleted the object; then there is nothing to read.
    # A 204 says by itself that there is nothing to read.
    if response.status not in {204, 404}:
        json_object(request, response)


def _segment(identifier: str, argument: str) -> str:
    """
    Return an id as it stands in a path.

    Ids are opaque, but one with a slash or a question mark would address something else, and an empty one the whole
    collection.
    """
    if not isinstance(identifier, str) or not identifier or len(identifier) > 255:
        raise ExtendConfigurationError(
            f"{argument} must be text of 1 to 255 characters, not {str(identifier)[:40]!r}.",
            hint="If it comes from another task's XCom, check that the task ran and returned an id.",
        )
    if not all(character.isalnum() or character in "-_.~:=+" for character in identifier) or identifier in {".", ".."}:
        raise ExtendConfigurationError(
            f"{argument} {identifier[:40]!r} has characters that no Extend id has.",
            hint="A path or URL belongs into the argument file.",
        )
    return identifier
