"""Operators for runs of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from extend_provider.arguments import required_text, seconds
from extend_provider.operators.base import ExtendOperator

if TYPE_CHECKING:
    from extend_provider._compat import Context, XComArg
    from extend_provider.kinds import RunKind

__all__ = ["ExtendDeleteRunOperator"]

# What Jinja makes of an XCom that is not there.
_MISSING = (None, "", "None")


class ExtendDeleteRunOperator(ExtendOperator):
    """
    Delete a run with all its data, for good; for example as a teardown, where data may not be kept::

        delete = ExtendDeleteRunOperator(
            task_id="delete", run_id="{{ ti.xcom_pull('parse', key='run_id') }}", delete_files=True
        ).as_teardown()

    Deleting stops no run and gives no credits back. Extend has no way to delete form detection runs; their files can be
    deleted. Wraps ``DELETE /parse_runs/{id}`` and its like, for files ``DELETE /files/{id}``.

    :param run_id: the run; an empty one (its task created none) is nothing to delete.
    :param kind: its kind: ``edit``, ``parse``, ``extract``, ``classify``, ``split``, ``workflow`` or
        ``form_detection``; default ``None``: told by the id.
    :param delete_files: whether to delete the files too that the run has made, and those of its input files that its
        task has made for it alone: uploaded from a path, or loaded by Extend from a URL. They are told by the mark in
        their names, and what earlier tries of the task have left goes with them: copies, and failed runs that a mark
        tells. Default false. A file that was given by id, that another run has, or that is a template's, is left alone.
        Waits up to ``timeout`` for a run that is not finished, whose files would be left behind.
    :param timeout: seconds (or a ``timedelta``) to wait for the end of the run; default 600.
    :param missing_ok: whether a run that is already gone is fine; default true, so that a retry and a teardown succeed.
    :param extend_conn_id: id of an Airflow connection of type ``extend``; default ``extend_default``.
    :return: whether a run was deleted.
    :raises ExtendConfigurationError: the id does not tell the kind, or is that of a run of another kind; or runs of
        this kind cannot be deleted, and ``delete_files`` is off. Nothing was deleted.
    :raises ExtendNotFoundError: there is no such run, and ``missing_ok`` is off.
    :raises ExtendRunTimeoutError: the run does not end; nothing was deleted.
    :raises ExtendApiError: Extend refused the request.
    """

    template_fields: Sequence[str] = ("run_id", "kind", "timeout", *ExtendOperator.template_fields)

    def __init__(
        self,
        *,
        run_id: str | XComArg | None,
        kind: str | None = None,
        delete_files: bool = False,
        timeout: float | timedelta = 600,
        missing_ok: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id
        self.kind = kind
        self.delete_files = delete_files
        self.timeout = timeout
        self.missing_ok = missing_ok

    def work(self, context: Context) -> bool:  # noqa: ARG002 - the base's signature
        """Delete the run, and its files before it: with the run their ids would be gone."""
        from extend_provider.kinds import agreed_kind

        if self.missing_ok and self.run_id in _MISSING:
            self.log.info("There is no run id, so there is nothing to delete.")
            return False
        run_id = required_text(self.run_id, "run_id")
        kind = agreed_kind(run_id, None if self.kind in _MISSING else str(self.kind).strip())
        if self.delete_files:
            self._delete_files(run_id, kind)
            if not kind.deletable:
                self.log.warning("Extend %s run %s itself stays: Extend cannot delete such runs.", kind.name, run_id)
                return False
        deleted = self.hook.delete_run(run_id, kind.name, missing_ok=self.missing_ok)
        self.log.info("Extend %s run %s is %s.", kind.name, run_id, "deleted" if deleted else "already gone")
        return deleted

    def _delete_files(self, run_id: str, kind: RunKind) -> None:
        from extend_provider.retention import delete_files_of

        timeout = seconds(self.timeout, "timeout")
        delete_files_of(self.hook, kind, run_id, timeout, missing_ok=self.missing_ok)
