"""Orders about PDF forms: their input is looked at first, and a schema may have to be found before it is filled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.forms.filling import holds_values
from extend_provider.forms.schema import edit_schema
from extend_provider.forms.unsayable import refuse_unsayable
from extend_provider.hooks.schema_source import SchemaSource, read_schema
from extend_provider.kinds import EDIT, FORM_DETECTION
from extend_provider.submit.order import RunOrder
from extend_provider.submit.uploads import Uploads

if TYPE_CHECKING:
    from extend_provider.hooks.extend import ExtendHook
    from extend_provider.models import EditTemplate, Run
    from extend_provider.submit.task_try import TaskTry

__all__ = ["DetectionOrder", "FillOrder", "FormOrder", "order_to_fill"]


@dataclass(frozen=True)
class FormOrder(RunOrder):
    """An order whose file must be a PDF."""

    def check_files(self) -> None:
        """
        See :meth:`RunOrder.check_files`.

        :raises ExtendFileError: the file is missing, empty or no PDF.
        """
        from extend_provider.hooks.input_check import check_pdf

        if self.file is not None:
            check_pdf(self.file)


@dataclass(frozen=True)
class DetectionOrder(FormOrder):
    """
    A form detection run on the way to an edit run.

    :param file_mark: the mark for the input file's name, where the file will also be that of another run.
    """

    file_mark: str | None = None
    # What is cleared is the filling. The form has not changed, or the fingerprint has too.
    outlives_clear: ClassVar[bool] = True

    def prepare(
        self, hook: ExtendHook, mark: str | None = None, this: TaskTry | None = None, uploads: Uploads | None = None
    ) -> dict[str, Any]:
        """See :meth:`RunOrder.prepare`."""
        return super().prepare(hook, self.file_mark or mark, this, uploads)


@dataclass(frozen=True)
class FillOrder(FormOrder):
    """
    An edit run with values, about whose schema Extend has to be asked: a template, or a form whose fields have to be
    detected.

    It is asked only when no run of an earlier try is found.

    :param values: plain JSON by name.
    :param source: the schema, where the task gave one; the template may hold instructions all the same.
    :param detect: gets a detection done; may raise to give the worker back meanwhile.
    """

    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    source: SchemaSource | None = None
    detect: Callable[[DetectionOrder], Run] | None = field(default=None, repr=False, compare=False)

    def fingerprint(self, task: str, extend_conn_id: str, *, content: bool = True) -> str:
        """See :meth:`RunOrder.fingerprint`."""
        schema = self.source.schema if self.source else None
        asked = {**self.body, "values": self.values, "schema": schema}
        return RunOrder(self.kind, asked, self.file).fingerprint(task, extend_conn_id, content=content)

    def is_like(self, config: Any) -> bool:
        """See :meth:`RunOrder.is_like`; the run's schema, wherever it was from, holds the values."""
        return super().is_like(config) and holds_values(config.get("schema"), self.values)

    def prepare(
        self,
        hook: ExtendHook,
        mark: str | None = None,
        this: TaskTry | None = None,  # noqa: ARG002 - an edit run cannot carry names
        uploads: Uploads | None = None,
    ) -> dict[str, Any]:
        """
        Find the schema, check the values, and return the body that creates the run.

        :raises ExtendConfigurationError: the values do not fit the form.
        :raises ExtendRunError: the form's fields could not be detected.
        """
        config = dict(self.body.get("config") or {})
        if "templateId" not in self.body:
            run = self._detected(self.file, config, mark)
            filled = self._filled(config, {}, SchemaSource(_schema_of(run)))
            return {**self.body, "file": self._input_of(run, uploads or Uploads(hook), mark), "config": filled}
        template = hook.get_conn().get_edit_template(str(self.body["templateId"]))
        saved = template.config or {}
        source = self.source or self._of_template(template, config)
        return {**self.body, "config": self._filled(config, saved, source)}

    def _of_template(self, template: EditTemplate, config: Mapping[str, Any]) -> SchemaSource:
        saved = template.config or {}
        if saved.get("schema"):
            return SchemaSource(edit_schema(saved["schema"], f"template {template.id}"))
        if template.file is None:
            raise ExtendConfigurationError(f"The template {template.id} has neither a schema nor a file; give schema.")
        return SchemaSource(_schema_of(self._detected({"id": template.file.id}, {**saved, **config}, None)))

    def _detected(self, file: Any, config: Mapping[str, Any], mark: str | None) -> Run:
        if self.detect is None:
            raise ExtendConfigurationError("The schema of the form is not known.", hint="Give schema.")
        # Nothing makes these fit, whatever the detection finds and costs.
        refuse_unsayable(self.values)
        return self.detect(DetectionOrder(FORM_DETECTION, detection_body(config), file, file_mark=mark))

    def _filled(self, config: Mapping[str, Any], saved: Mapping[str, Any], source: SchemaSource) -> dict[str, Any]:
        instructed = bool(config.get("instructions") or saved.get("instructions"))
        return {**config, "schema": source.filled(self.values, instructed=instructed)}

    def _input_of(self, run: Run, uploads: Uploads, mark: str | None) -> dict[str, Any]:
        """The file that the detection has read, so that it is neither loaded nor uploaded a second time."""
        mark = mark if self.marks_name else None
        has_password = isinstance(self.file, dict) and "settings" in self.file
        # The detection may be that of an earlier try with other values, and so with another mark.
        if run.file and not has_password and (mark or "") in (run.file.name or ""):
            return {"id": run.file.id}
        return uploads.input_file(self.file, mark)


def order_to_fill(
    body: Mapping[str, Any],
    file: Any,
    schema: Any,
    values: Mapping[str, Any] | None,
    detect: Callable[[DetectionOrder], Run],
) -> FormOrder:
    """
    Return the order of an edit run; values are checked at once where the schema is at hand.

    :param body: the body as the task gave it: config, and the id of a template.
    :param file: the ``file`` argument.
    :param schema: the ``schema`` argument.
    :param values: plain JSON by name.
    :param detect: gets a detection done, should the schema be known no other way.
    :raises ExtendConfigurationError: the schema is none, or the values do not fit it.
    :raises ExtendFileError: the schema's file cannot be read.
    """
    config = dict(body.get("config") or {})
    if schema is None and values is None:
        return FormOrder(EDIT, body, file)
    if schema is not None and config.get("schema"):
        raise ExtendConfigurationError("The schema is given twice: as schema, and in config.", hint="Drop one of them.")
    source = read_schema(schema) if schema is not None else None
    if source is None and config.get("schema"):
        source = SchemaSource(edit_schema(config["schema"], "config"))
    asks_template = "templateId" in body and not config.get("instructions")
    if values is not None and (source is None or asks_template):
        return FillOrder(EDIT, body, file, values=values, source=source, detect=detect)
    assert source is not None
    filled = source.filled(values or {}, instructed=values is None or bool(config.get("instructions")))
    return FormOrder(EDIT, {**body, "config": {**config, "schema": filled}}, file)


def detection_body(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a detection that does what an edit run with this config, and no schema, would do first."""
    options = {name: on for name, on in (config.get("advancedOptions") or {}).items() if name != "flattenPdf"}
    asked = {
        "engineVersion": config.get("engineVersion"),
        "instructions": config.get("schemaGenerationInstructions"),
        "advancedOptions": options,
    }
    given = {name: value for name, value in asked.items() if value}
    return {"config": given} if given else {}


def _schema_of(run: Run) -> dict[str, Any]:
    return edit_schema(run.facts.get("schema"), f"form detection run {run.id}")
