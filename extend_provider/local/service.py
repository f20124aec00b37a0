"""One service: its data and everything that works on it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extend_provider.local.bodies import as_object, check_id, refuse_unknown
from extend_provider.local.errors import ApiError, invalid, not_found
from extend_provider.local.faults import Faults
from extend_provider.local.ingest import describe_blob
from extend_provider.local.keys import load_keys
from extend_provider.local.kinds import KINDS, PROCESSOR_CONFIGS
from extend_provider.local.ledger import Ledger
from extend_provider.local.presign import Links, Presigner
from extend_provider.local.processing import Worker
from extend_provider.local.processors import FIRST_VERSIONS, ID_PREFIXES, VERSION_PREFIXES
from extend_provider.local.records import NEEDS_REVIEW, FileRecord, ProcessorRecord, RunRecord, TemplateRecord
from extend_provider.local.request_log import RequestLog
from extend_provider.local.results import Results
from extend_provider.local.run_views import RunViews
from extend_provider.local.stamps import new_id, utc_now
from extend_provider.local.store import Store
from extend_provider.local.webhooks import Webhooks

if TYPE_CHECKING:
    from starlette.requests import Request

    from extend_provider.local.settings import Settings

DEFAULT_REVIEWER = "reviewer@example.com"


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
        self.webhooks = Webhooks(self.store, self.presigner, settings.webhook_retry_delay)
        self.results = Results(self.store, self.ledger, on_end=self.webhooks.run_ended)
        self.worker = Worker(settings, self.store, self.ledger, KINDS, self.results)
        if settings.declarations is not None:
            try:
                self._declare(Path(settings.declarations).expanduser())
            except (OSError, ValueError):
                self.close()
                raise

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
        self.store.files.keep(file)
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
        self.store.templates.keep(template)
        return template

    def add_processor(
        self, role: str, name: str, config: dict[str, Any], processor_id: str | None = None
    ) -> ProcessorRecord:
        """
        Declare an extractor, classifier, splitter or workflow, which the real service does in its dashboard.

        :param role: such as ``extractor``.
        :param name: its name.
        :param config: its configuration.
        :param processor_id: its id; one that is taken already gets the new declaration. Default: made up.
        :return: the stored processor.
        :raises ApiError: 400, the configuration or the id is not valid.
        """
        resolved = PROCESSOR_CONFIGS[role](config)
        now, order = utc_now(), self.store.next_order()
        record = ProcessorRecord(
            id=check_id(processor_id, "id") if processor_id is not None else new_id(ID_PREFIXES[role]),
            role=role,
            name=name,
            config=resolved,
            version_id=new_id(VERSION_PREFIXES[role]),
            created_at=now,
            updated_at=now,
            order=order,
            version=FIRST_VERSIONS[role],
        )
        self.store.processors.keep(record)
        return record

    def review(self, run_id: str, user: str, *, rejection: str | None) -> None:
        """
        Decide about a run that needs review, which a human does in the real service's dashboard.

        :param run_id: id of the run.
        :param user: who decides.
        :param rejection: why the run is rejected; None approves it.
        :raises ApiError: 404, there is no such run; 400, it does not need review.
        """
        run = self.store.runs.get(run_id)
        if run is None:
            raise not_found("Run", run_id)
        if run.status != NEEDS_REVIEW:
            raise invalid(f"Run {run_id} is {run.status}; only runs that are {NEEDS_REVIEW} can be reviewed.")
        self.results.reviewed(run, user, rejection=rejection)

    def delete_run(self, run: RunRecord) -> None:
        """
        Delete a run with what belongs to it alone: the files it made, the runs of its steps, and inputs that came with
        it as a URL or text.

        :param run: a stored run.
        """
        self.worker.forget(run.id)
        self.store.delete_run(run.id)
        for step in run.details.get("steps", []):
            if (member := self.store.runs.get(step["runId"])) is not None:
                self.delete_run(member)
        for file_id in [*run.made_files, *(item.file_id for item in run.inputs if item.owned)]:
            self.store.delete_file(file_id)

    def reset(self) -> None:
        """Forget everything but the API key."""
        for run_id in self.store.runs:
            self.worker.forget(run_id)
        self.webhooks.clear()
        self.store.clear()
        self.ledger.clear()
        self.faults.clear()
        self.log.clear()

    def _declare(self, path: Path) -> None:
        try:
            declared = as_object(json.loads(path.read_text(encoding="utf-8")), "It")
            refuse_unknown(declared, [f"{role}s" for role in PROCESSOR_CONFIGS], "it")
            for role in PROCESSOR_CONFIGS:
                for item in declared.get(f"{role}s", []):
                    self.add_processor(role, item.get("name", item["id"]), item["config"], item["id"])
        except (ApiError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} cannot be used as declarations: {error}") from None

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


def links_of(request: Request) -> Links:
    """
    Make the presigned URLs of an answer.

    :param request: the request that is being answered; the URLs point to the host it was sent to.
    :return: URLs; the fault ``expired`` makes the first one that has expired already.
    """

    def expired() -> bool:
        return request.state.faults.take("expired") is not None

    return Links(service_of(request).presigner, str(request.base_url), expired)


def views_of(request: Request, *, output_as_url: bool = False) -> RunViews:
    """
    Make the wire forms of an answer.

    :param request: the request that is being answered.
    :param output_as_url: moves large outputs to ``outputUrl``.
    :return: wire forms.
    """
    return RunViews(service_of(request).store, links_of(request), KINDS, output_as_url=output_as_url)
