"""Operators for edit runs: Extend fills a PDF form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from extend_provider.arguments import json_object, required_text
from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.operators.base import ExtendCreateRunOperator, ExtendOperator

if TYPE_CHECKING:
    from extend_provider._compat import Context, ObjectStoragePath, XComArg
    from extend_provider.models import Run

__all__ = ["ExtendCreateEditRunOperator", "ExtendDeleteEditRunOperator", "ExtendGetEditRunOperator"]


class ExtendCreateEditRunOperator(ExtendCreateRunOperator):
    """
    Fill a PDF form: create an edit run and, unless told otherwise, wait for its end.

    ::

        fill = ExtendCreateEditRunOperator(
            task_id="fill",
            file="s3://forms/w9.pdf",
            config={"instructions": "name: {{ params.name }}"},
            deferrable=True,
        )
        download = ExtendDownloadFileOperator(
            task_id="download",
            file_id="{{ ti.xcom_pull('fill', key='output_file_ids')[0] }}",
            path="s3://filled/w9.pdf",
        )

    Each run costs credits, and an edit run cannot be cancelled. To wait in a task of its own, set
    ``wait_for_completion=False`` and use :class:`~extend_provider.sensors.run.ExtendEditRunSensor`.

    Wraps `POST /edit_runs
    <https://docs.extend.ai/2026-02-09/developers/api-reference/endpoints/edit/create-edit-run>`__.

    :param file: the PDF: a URL that Extend can reach, an Extend file id, or a local path or ``ObjectStoragePath``
        URI, which is
        uploaded first. Exactly one of ``file`` and ``template_id``.
    :param template_id: id of a saved edit template (``edt_…``), whose file and config are used; ``config`` wins over
        the saved one.
    :param config: what to fill and how, with the names of the API: ``schema``, ``instructions``, ``advancedOptions``
        …; a dict, or
        JSON text. The schema is passed on as it is, ``extend_edit:*`` keys included.
    :param extend_conn_id: id of an Airflow connection of type ``extend``; default ``extend_default``.
    :param wait_for_completion: whether to wait for the end of the run; default true.
    :param deferrable: whether to wait in the triggerer; default ``[operators] default_deferrable``.
    :param poll_interval: seconds between looks at the run; default ``None``: often at first, less often as the run
        ages.
    :param timeout: seconds (or a ``timedelta``) from the creation of the run after which the task stops waiting;
        default 3600.
    :param include_filled_values: whether ``return_value`` also holds ``filled_values``; default false: they are
        personal data.
    :return: the run's id (``str``) when only submitting; else a dict of ``run_id``, ``status``, ``output_file_ids``,
        ``filled_fields``, ``credits``, ``page_count``. XCom ``run_id`` is there as soon as the run exists,
        ``output_file_ids`` when it has ended.
    :raises ExtendConfigurationError: the arguments or the connection cannot work; nothing was created.
    :raises ExtendFileError: ``file`` is a path that cannot be read.
    :raises ExtendOutcomeUnknownError: the run may have been created, or its end cannot be seen.
    :raises ExtendRunFailedError: Extend reports a failure, with reason and remedy.
    :raises ExtendNoOutputError: the run is processed, but gave no file.
    :raises ExtendRunTimeoutError: the run did not end within ``timeout``.
    :raises ExtendApiError: Extend refused a request.
    """

    kind = "edit"
    # The API gives no dashboard URL for edit runs, and Airflow logs an error for each link that finds none.
    operator_extra_links = ()
    template_fields: Sequence[str] = ("file", "template_id", "config", *ExtendCreateRunOperator.template_fields)
    template_fields_renderers = {"config": "json"}  # noqa: RUF012 - Airflow reads a plain dict

    def __init__(
        self,
        *,
        file: str | ObjectStoragePath | Mapping[str, Any] | XComArg | None = None,
        template_id: str | XComArg | None = None,
        config: Mapping[str, Any] | str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.template_id = template_id
        self.config = config

    def submit(self) -> Run:
        """Check the arguments, upload the file where that is needed, and create the run."""
        file, config = self.rendered("file"), json_object(self.rendered("config"), "config")
        if (not file) == (not self.template_id):
            given = "neither" if not file else "both"
            raise ExtendConfigurationError(f"An edit run takes exactly one of file and template_id; {given} given.")
        if self.template_id:
            return self.hook.create_edit_run(template_id=required_text(self.template_id, "template_id"), config=config)
        return self.hook.create_edit_run(file=self.hook.input_file(file), config=config)


class ExtendGetEditRunOperator(ExtendOperator):
    """
    Look at an edit run once, whatever its status. To wait for its end use ``ExtendEditRunSensor``.

    Wraps `GET /edit_runs/{id}
    <https://docs.extend.ai/2026-02-09/developers/api-reference/endpoints/edit/get-edit-run>`__.

    :param run_id: the run.
    :param extend_conn_id: id of an Airflow connection of type ``extend``; default ``extend_default``.
    :param include_filled_values: whether ``return_value`` also holds ``filled_values``; default false: they are
        personal data.
    :return: a dict of ``run_id``, ``status``, ``output_file_ids``, ``filled_fields``, ``credits``, ``page_count`` and
        ``failure_reason``; a failed run is a result here, not an error. XCom ``output_file_ids`` is pushed too.
    :raises ExtendNotFoundError: there is no such run in this workspace and environment.
    :raises ExtendApiError: Extend refused the request.
    """

    template_fields: Sequence[str] = ("run_id", *ExtendOperator.template_fields)

    def __init__(self, *, run_id: str | XComArg, include_filled_values: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id
        self.include_filled_values = include_filled_values

    def work(self, context: Context) -> dict[str, Any]:
        """Get the run and publish what it says."""
        from extend_provider.results import describe

        run = self.hook.get_run(required_text(self.run_id, "run_id"))
        result = {**describe(run), "failure_reason": run.failure_reason}
        context["ti"].xcom_push(key="output_file_ids", value=run.output_file_ids)
        self.log.info("Extend edit run %s is %s.", run.id, run.status)
        return {**result, "filled_values": run.filled_values} if self.include_filled_values else result


class ExtendDeleteEditRunOperator(ExtendOperator):
    """
    Delete an edit run with all its data, for good; for example as a teardown, where data may not be kept.

    Deleting does not stop a run and gives no credits back.

    Wraps ``DELETE /edit_runs/{id}``.

    :param run_id: the run; an empty one (its task created none) is nothing to delete.
    :param missing_ok: whether a run that is already gone is fine; default true, so that a retry and a teardown succeed.
    :param extend_conn_id: id of an Airflow connection of type ``extend``; default ``extend_default``.
    :return: whether there was a run to delete.
    :raises ExtendNotFoundError: there is no such run, and ``missing_ok`` is off.
    :raises ExtendApiError: Extend refused the request.
    """

    template_fields: Sequence[str] = ("run_id", *ExtendOperator.template_fields)

    def __init__(self, *, run_id: str | XComArg | None, missing_ok: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id
        self.missing_ok = missing_ok

    def work(self, context: Context) -> bool:  # noqa: ARG002 - the base's signature
        """Delete the run."""
        if self.missing_ok and self.run_id in {None, "", "None"}:
            self.log.info("There is no run id, so there is nothing to delete.")
            return False
        run_id = required_text(self.run_id, "run_id")
        deleted = self.hook.delete_run(run_id, missing_ok=self.missing_ok)
        self.log.info("Extend edit run %s is %s.", run_id, "deleted" if deleted else "already gone")
        return deleted
