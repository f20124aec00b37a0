"""Endpoints of edit templates: get and list. Extend has none that create them; tests seed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.routing import Route

from extend_provider.local.bodies import matches_name
from extend_provider.local.errors import not_found
from extend_provider.local.paging import Pager, Position
from extend_provider.local.service import service_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from extend_provider.local.records import TemplateRecord


async def get_template(request: Request) -> JSONResponse:
    """Answer one template."""
    template_id = request.path_params["id"]
    template = service_of(request).store.templates.get(template_id)
    if template is None:
        raise not_found("Edit template", template_id)
    return JSONResponse({**_summary(template), "config": template.config, "schemaConfig": None})


async def list_templates(request: Request) -> JSONResponse:
    """Answer a page of template summaries."""
    service = service_of(request)
    pager = Pager(request, service.keys.signing_secret, ("updatedAt", "createdAt"))
    name = request.query_params.get("nameContains")
    templates = [item for item in service.store.templates.values() if matches_name(name, item.name)]

    def position(item: TemplateRecord) -> Position:
        return (item.created_at if pager.sort_by == "createdAt" else item.updated_at, item.order)

    return JSONResponse(pager.page(templates, position, _summary))


def _summary(template: TemplateRecord) -> dict[str, Any]:
    return {
        "object": "edit_template",
        "id": template.id,
        "name": template.name,
        "description": template.description,
        "file": template.file,
        "createdAt": template.created_at,
        "updatedAt": template.updated_at,
    }


ROUTES = [
    Route("/edit_templates", list_templates, methods=["GET"]),
    Route("/edit_templates/{id}", get_template, methods=["GET"]),
]
