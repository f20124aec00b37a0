"""Endpoints of files: upload, get, list, delete, and the presigned download."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from extend_provider.local.asgi import DOWNLOAD_PREFIX
from extend_provider.local.bodies import matches_name, query_choice
from extend_provider.local.errors import ApiError
from extend_provider.local.file_input import existing_file
from extend_provider.local.file_types import MEDIA_TYPES, PDF
from extend_provider.local.ingest import describe_blob
from extend_provider.local.paging import Pager
from extend_provider.local.service import links_of, service_of
from extend_provider.local.uploads import read_upload, save_upload

if TYPE_CHECKING:
    from starlette.requests import Request

    from extend_provider.local.records import FileRecord

_STORAGE_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
)


async def upload(request: Request) -> JSONResponse:
    """Store an uploaded file."""
    service = service_of(request)
    convert = query_choice(request, "convertToPdf", ("true", "false")) == "true"
    async with read_upload(request, service.settings.max_file_size) as (part, password):
        name = PurePosixPath((part.filename or "").replace("\\", "/")).name or "file"
        request.state.record.file_name, request.state.record.file_size = name, part.size
        file = service.store.new_file(name, password=password)
        await save_upload(part, service.store.blob(file.id))
    await describe_blob(service.store, service.worker.pool, file)
    if convert and file.type != PDF:
        service.store.blob(file.id).unlink(missing_ok=True)
        raise ApiError(422, "FAILED_TO_CONVERT_TO_PDF", "The local service converts nothing to PDF; upload a PDF.")
    service.store.files.keep(file)
    return JSONResponse({**file.summary(), "contents": None})


async def get_file(request: Request) -> JSONResponse:
    """Answer one file, with a fresh presigned URL."""
    service = service_of(request)
    file = existing_file(request.path_params["id"], service.store)
    url = links_of(request).url(file.id, file.name)
    return JSONResponse({**file.summary(), "presignedUrl": url, "contents": None})


async def list_files(request: Request) -> JSONResponse:
    """Answer a page of file summaries, sorted by creation."""
    service = service_of(request)
    pager = Pager(request, service.keys.signing_secret, ("createdAt",))
    name = request.query_params.get("nameContains")
    files = [file for file in service.store.files.values() if matches_name(name, file.name)]

    def render(file: FileRecord) -> dict[str, Any]:
        return file.summary()

    return JSONResponse(pager.page(files, lambda file: (file.created_at, file.order), render))


async def delete_file(request: Request) -> JSONResponse:
    """Delete a file for good."""
    service = service_of(request)
    file = existing_file(request.path_params["id"], service.store)
    service.store.delete_file(file.id)
    return JSONResponse({"id": file.id})


async def download(request: Request) -> Response:
    """Answer the bytes of a file to whoever has a good presigned URL; ranges work."""
    service = service_of(request)
    file_id = request.path_params["id"]
    if "authorization" in request.headers:
        # Object storage refuses this too, and an API key has no business there.
        return _storage_error(400, "InvalidArgument", "Only one auth mechanism allowed; send no Authorization header.")
    query = request.query_params
    refusal = service.presigner.refusal(file_id, query.get("expires", ""), query.get("signature", ""))
    if refusal is not None:
        return _storage_error(403, "AccessDenied", refusal)
    file, path = service.store.files.get(file_id), service.store.blob(file_id)
    if not path.exists() or (file is not None and file.size is None):
        return _storage_error(404, "NoSuchKey", "The file does not exist.")
    if file is None:  # the output of a run, or the payload of an event
        return FileResponse(path, media_type="application/json")
    media_type = MEDIA_TYPES.get(file.type or "", "application/octet-stream")
    return FileResponse(path, media_type=media_type, filename=file.name)


def _storage_error(status: int, code: str, message: str) -> Response:
    return Response(_STORAGE_ERROR.format(code=code, message=message), status, media_type="application/xml")


ROUTES = [
    Route("/files/upload", upload, methods=["POST"]),
    Route("/files", list_files, methods=["GET"]),
    Route("/files/{id}", get_file, methods=["GET"]),
    Route("/files/{id}", delete_file, methods=["DELETE"]),
    Route(DOWNLOAD_PREFIX + "{id}/{name:path}", download, methods=["GET"]),
]
