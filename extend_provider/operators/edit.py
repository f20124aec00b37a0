"""Operators for PDF forms: find out what a form asks for, fill it, delete what is left of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from extend_provider.arguments import json_object, required_text
from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.operators.base import ExtendCreateRunOperator, ExtendOperator
from extend_provider.operators.detecting import ExtendDetectingOperator
from extend_provider.operators.runs import ExtendDeleteRunOperator

if TYPE_CHECKING:
    from extend_provider._compat import Context, ObjectStoragePath, XComArg
    from extend_provider.submit.order import RunOrder

__all__ = [
    "ExtendCreateEditRunOperator",
    "ExtendDeleteEditRunOperator",
    "ExtendDetectFormOperator",
    "ExtendGetEditRunOperator",
    "ExtendGetEditTemplateOperator",
]


class ExtendCreateEditRunOperator(ExtendDetectingOperator):
    """
    Fill a PDF form: create an edit run and, unless told otherwise, wait for its end.

    ::

        fill = ExtendCreateEditRunOperator(
            task_id="fill",
            file="s3://forms/w9.pdf",
            values={"first_name": "Jordan", "consent": True},
            deferrable=True,
        )
        download = ExtendDownloadFileOperator(
            task_id="download",
            file_id="{{ ti.xcom_pull('fill', key='output_file_ids')[0] }}",
            path="s3://filled/w9.pdf",
        )

    Each run costs credits, and cannot be cancelled. A retry goes on with the run that an earlier try has created. To
    wait in a task of its own, set ``wait_for_completion=False`` and use ``ExtendEditRunSensor``.

    Wraps `POST /edit_runs
    <https://docs.extend.ai/2026-02-09/developers/api-reference/endpoints/edit/create-edit-run>`__.

    :param file: the PDF: a URL that Extend can reach, an Extend file id, or a local path or ``ObjectStoragePath``
        URI, which is uploaded first. Exactly one of ``file`` and ``template_id``.
    :param template_id: id of a saved edit template (``edt_…``), whose file and config are used; ``config`` wins over
        the saved one.
    :param values: what to fill in, by field name: a dict, JSON text, or an instance of a pydantic model. Checked
        against the schema before anything is paid for: the argument ``schema``, else ``config["schema"]``, else the
        template's, else one that a form detection run finds, which costs credits as well.
    :param schema: fields of the form: an edit schema as a dict or JSON text, the path of a JSON file, or a pydantic
        model class.
    :param config: what to fill and how, with the names of the API: ``schema``, ``instructions``, ``advancedOptions``
        …; a dict, or JSON text. The schema is passed on as it is, ``extend_edit:*`` keys included.
    :param timeout: seconds (or a ``timedelta``) from the creation of the run after which the task stops waiting;
        default 3600. A form detection has as much again.
    :param delete_on_kill: whether the run is deleted when a user kills the task; default false: edit runs cannot be
        cancelled, so it goes on.
    :param include_filled_values: whether ``return_value`` also holds ``filled_values``; default false: they are
        personal data.

    More arguments: see :class:`~extend_provider.operators.base.ExtendCreateRunOperator`.

    :return: the run's id (``str``) when only submitting; else a dict of ``run_id``, ``status``, ``output_file_ids``,
        ``filled_fields``, ``credits``, ``page_count``. XCom ``run_id`` is there as soon as the run exists,
        ``output_file_ids`` when it has ended.
    :raises ExtendConfigurationError: the arguments or the connection cannot work, or ``values`` do not fit the form
        (all problems in one error); no edit run was created.
    :raises ExtendFileError: ``file`` is a path that cannot be read, or no PDF.
    :raises ExtendOutcomeUnknownError: the run may have been created, or its end cannot be seen.
    :raises ExtendRunFailedError: Extend reports a failure, with reason and remedy.
    :raises ExtendNoOutputError: the run is processed, but gave no file.
    :raises ExtendRunTimeoutError: the run did not end within ``timeout``.
    :raises ExtendApiError: Extend refused a request.
    """

    kind = "edit"
    # The API gives no dashboard URL for edit runs, and Airflow logs an error for each link that finds none.
    operator_extra_links = ()
    template_fields: Sequence[str] = (
        *("file", "template_id", "values", "schema", "config"),
        *ExtendCreateRunOperator.template_fields,
    )
    template_fields_renderers = {"values": "json", "schema": "json", "config": "json"}  # noqa: RUF012 - Airflow reads a plain dict

    def __init__(
        self,
        *,
        file: str | ObjectStoragePath | Mapping[str, Any] | XComArg | None = None,
        template_id: str | XComArg | None = None,
        values: Any = None,
        schema: Any = None,
        config: Mapping[str, Any] | str | XComArg | None = None,
        include_filled_values: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.template_id = template_id
        self.values = values
        self.schema = schema
        self.config = config
        self.include_filled_values = include_filled_values
        # A template may render to nothing, and a form that is filled with nothing is paid for too.
        self._has_values = values is not None
        self._has_schema = schema is not None

    def order(self) -> RunOrder:
        """Check the arguments, and say what to create."""
        from extend_provider.hooks.files import plain_file
        from extend_provider.submit.form_order import order_to_fill

        file, config = self.rendered("file"), json_object(self.rendered("config"), "config")
        if self.include_filled_values and not self.wait_for_completion:
            raise ExtendConfigurationError(
                "With wait_for_completion=False the task has no result, as asked for by include_filled_values.",
                hint="Give it to the ExtendEditRunSensor that waits for the run.",
            )
        if (not file) == (not self.template_id):
            given = "neither" if not file else "both"
            raise ExtendConfigurationError(f"An edit run takes exactly one of file and template_id; {given} given.")
        body: dict[str, Any] = {} if file else {"templateId": required_text(self.template_id, "template_id")}
        if config is not None:
            body["config"] = config
        schema = self.rendered("schema") if self._has_schema else None
        if self._has_schema and schema is None:
            raise ExtendConfigurationError("The argument schema is empty.", hint="Did the task that gives it run?")
        return order_to_fill(body, plain_file(file) if file else None, schema, self._given_values(), self.detect)

    def _given_values(self) -> dict[str, Any] | None:
        from extend_provider.forms.plain import marked_values

        if not self._has_values:
            return None
        values = self.rendered("values")
        values = marked_values(json_object(values, "values") if isinstance(values, str) else values)
        if values is None:
            raise ExtendConfigurationError("The argument values is empty.", hint="Did the task that gives it run?")
        return json_object(values, "values")


class ExtendDetectFormOperator(ExtendCreateRunOperator):
    """
    Find out which fields a PDF form has: create a form detection run and, unless told otherwise, wait for its end.

    Detect a form once, and fill it many times::

        detect = ExtendDetectFormOperator(task_id="detect", file="s3://forms/w9.pdf")
        fill = ExtendCreateEditRunOperator.partial(
            task_id="fill", file="s3://forms/w9.pdf", schema=detect.output["schema"]
        ).expand(values=people)

    Each run costs credits, and cannot be cancelled, listed or deleted; ``ExtendDeleteRunOperator`` deletes the form
    that was uploaded for it. On Airflow 3.3 and newer a retry goes on with the run of an earlier try; below, it fails
    rather than pay twice, unless ``reattach`` is off.

    Wraps ``POST /form_detection_runs``.

    :param file: the PDF: a URL that Extend can reach, an Extend file id, or a local path or ``ObjectStoragePath``
        URI, which is uploaded first.
    :param config: how to detect, with the names of the API: ``instructions``, ``inputSchema``, ``advancedOptions`` …; a
        dict, or JSON text.

    More arguments: see :class:`~extend_provider.operators.base.ExtendCreateRunOperator`.

    :return: the run's id (``str``) when only submitting; else a dict of ``run_id``, ``status``, ``schema``,
        ``credits``, ``page_count`` and ``output_file_ids`` (empty). XCom ``schema`` holds the schema by itself, for
        ``schema=detect.output["schema"]``.
    :raises ExtendConfigurationError: the arguments or the connection cannot work; nothing was created.
    :raises ExtendFileError: ``file`` is a path that cannot be read, or no PDF.
    :raises ExtendOutcomeUnknownError: the run may have been created, or its end cannot be seen.
    :raises ExtendRunFailedError: Extend reports a failure, with reason and remedy.
    :raises ExtendNoOutputError: the run is processed, but gave no schema.
    :raises ExtendRunTimeoutError: the run did not end within ``timeout``.
    """

    kind = "form_detection"
    operator_extra_links = ()
    template_fields: Sequence[str] = ("file", "config", *ExtendCreateRunOperator.template_fields)
    template_fields_renderers = {"config": "json"}  # noqa: RUF012 - Airflow reads a plain dict

    def __init__(
        self,
        *,
        file: str | ObjectStoragePath | Mapping[str, Any] | XComArg,
        config: Mapping[str, Any] | str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.config = config

    def order(self) -> RunOrder:
        """Check the arguments, and say what to create."""
        from extend_provider.hooks.files import plain_file
        from extend_provider.kinds import FORM_DETECTION
        from extend_provider.submit.form_order import FormOrder

        file, config = self.rendered("file"), json_object(self.rendered("config"), "config")
        if not file:
            raise ExtendConfigurationError("The argument file is empty.", hint="Did the task that gives it run?")
        return FormOrder(FORM_DETECTION, {} if config is None else {"config": config}, plain_file(file))


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


class ExtendGetEditTemplateOperator(ExtendOperator):
    """
    Look at a saved edit template: its file, and the schema that it fills.

    Wraps ``GET /edit_templates/{id}``.

    :param template_id: the template (``edt_…``).
    :param include_config: whether ``return_value`` also holds ``config`` as it is saved; default false: its values and
        instructions may be personal data.
    :param extend_conn_id: id of an Airflow connection of type ``extend``; default ``extend_default``.
    :return: a dict of ``template_id``, ``name``, ``description``, ``file_id`` and ``schema``, without values that it
        has; ``None`` for what there is not. XCom ``schema`` holds the schema by itself.
    :raises ExtendNotFoundError: there is no such template in this workspace and environment.
    :raises ExtendApiError: Extend refused the request.
    """

    template_fields: Sequence[str] = ("template_id", *ExtendOperator.template_fields)

    def __init__(self, *, template_id: str | XComArg, include_config: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.template_id = template_id
        self.include_config = include_config

    def work(self, context: Context) -> dict[str, Any]:
        """Get the template and publish what it says."""
        from extend_provider.forms.schema import without_values

        template = self.hook.get_conn().get_edit_template(required_text(self.template_id, "template_id"))
        config = template.config or {}
        result = {
            "template_id": template.id,
            "name": template.name,
            "description": template.description,
            "file_id": template.file.id if template.file else None,
            "schema": without_values(config.get("schema")),
        }
        context["ti"].xcom_push(key="schema", value=result["schema"])
        return {**result, "config": config} if self.include_config else result


class ExtendDeleteEditRunOperator(ExtendDeleteRunOperator):
    """
    Delete an edit run with all its data, for good; for example as a teardown, where data may not be kept::

        delete = ExtendDeleteEditRunOperator(
            task_id="delete", run_id="{{ ti.xcom_pull('fill', key='run_id') }}", delete_files=True
        ).as_teardown()

    Arguments, result and errors are those of :class:`~extend_provider.operators.runs.ExtendDeleteRunOperator`, without
    ``kind``.
    """

    template_fields: Sequence[str] = tuple(name for name in ExtendDeleteRunOperator.template_fields if name != "kind")

    def __init__(self, *, run_id: str | XComArg | None, **kwargs: Any) -> None:
        super().__init__(run_id=run_id, kind="edit", **kwargs)
