"""One service: its data and everything that works on it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extend_provider.local.edit_runs import EDIT
from extend_provider.local.faults import Faults
from extend_provider.local.ingest import describe_blob
from extend_provider.local.keys import load_keys
from extend_provider.local.ledger import Ledger
from extend_provider.local.presign import Presigner
from extend_provider.local.processing import Worker
from extend_provider.local.records import FileRecord, RunRecord, TemplateRecord
from extend_provider.local.request_log import RequestLog
from extend_provider.local.stamps import new_id
from extend_provider.local.store import Store

if TYPE_CHECKING:
    from starlette.requests import Request

    from extend_provider.local.run_kind import RunKind
    from extend_provider.local.settings import Settings

KINDS: tuple[RunKind, ...] = (EDIT,)


class Service:
    """
    What the handlers share. Create it, serve it, :meth:`close` it.

    :param settings: options.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        root = self._root(settings.data_dir)
        self.keys = load_keys(root, settings.api_key)
        self.store = Store(root)
        self.ledger = Ledger(root / "ledger.json", settings.credits)
        self.faults = Faults()
        self.log = RequestLog()
        self.presigner = Presigner(self.keys.signing_secret, settings.url_ttl)
        self.worker = Worker(settings, self.store, self.ledger, KINDS)

    def close(self) -> None:
        """Remove the temporary folder; a data folder stays. The application must have ended."""
        if self._temporary is not None:
            self._temporary.cleanup()

    async def add_file(self, name: str, data: bytes) -> FileRecord:
        """
        Add a file without an upload.

        :param name: file name.
        :param data: its bytes.
        :return: the stored file.
        """
        file = self.store.new_file(name)
        self.store.blob(file.id).write_bytes(data)
        await describe_blob(self.store, self.worker.pool, file)
        self.store.save_file(file)
        return file

    def add_template(self, name: str, file: FileRecord, config: dict[str, Any]) -> TemplateRecord:
        """
        Save an edit template, which the real service does in its dashboard.

        :param name: template name.
        :param file: stored PDF.
        :param config: saved edit configuration.
        :return: the stored template.
        """
        template = TemplateRecord(
            id=new_id("edt_"),
            name=name,
            file_id=file.id,
            file=file.summary(),
            config=config,
            created_at=file.created_at,
            updated_at=file.updated_at,
            order=self.store.next_order(),
        )
        self.store.save_template(template)
        return template

    def delete_run(self, run: RunRecord) -> None:
        """
        Delete a run with what belongs to it alone: the files it made, and an input that was given as a URL.

        :param run: a stored run.
        """
        self.worker.forget(run.id)
        self.store.delete_run(run.id)
        for file_id in run.output_files.values():
            self.store.delete_file(file_id)
        if run.input_url is not None:
            self.store.delete_file(run.file_id)

    def reset(self) -> None:
        """Forget files, runs, templates, faults, the request log and the counters; the API key stays."""
        for run_id in self.store.runs:
            self.worker.forget(run_id)
        self.store.clear()
        self.ledger.clear()
        self.faults.clear()
        self.log.clear()

    def _root(self, data_dir: str | None) -> Path:
        if data_dir is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="extend-local-", ignore_cleanup_errors=True)
            return Path(self._temporary.name)
        root = Path(data_dir).expanduser()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return root


def service_of(request: Request) -> Service:
    """
    Find the service behind a request.

    :param request: any request to the application.
    :return: the service.
    """
    service: Service = request.app.state.service
    return service
