"""Reading and checking JSON bodies and query parameters."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

from extend_provider.local.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.requests import Request

_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


async def read_object(request: Request) -> dict[str, Any]:
    """
    Read a JSON object.

    :param request: the request.
    :return: its body.
    :raises ApiError: 400, the body is not a JSON object.
    """
    try:
        body = json.loads(await request.body(), parse_constant=_refuse_constant)
        json.dumps(body, ensure_ascii=False).encode()  # a lone surrogate could be stored, but never be answered
    except (ValueError, RecursionError) as error:
        raise invalid(f"The request body is not valid JSON: {error}") from None
    return as_object(body, "The request body")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def as_object(value: Any, name: str) -> dict[str, Any]:
    """
    Check that a value is a JSON object.

    :param value: the value.
    :param name: what the message calls it.
    :return: the value.
    :raises ApiError: 400, it is something else.
    """
    if not isinstance(value, dict):
        raise invalid(f"{name} must be an object, not {json_type(value)}.")
    return value


def as_text(value: Any, name: str) -> str:
    """
    Check that a value is a non-empty string.

    :param value: the value.
    :param name: what the message calls it.
    :return: the value.
    :raises ApiError: 400, it is something else.
    """
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"{name} must be a non-empty string.")
    return value


def check_id(value: str, name: str) -> str:
    """
    Check an id that a client chooses.

    :param value: the id.
    :param name: what the message calls it.
    :return: the id.
    :raises ApiError: 400, it is too long or has other characters than ids have.
    """
    if not _ID.fullmatch(value):
        raise invalid(f"{name} must consist of letters, digits, - and _, 255 at most.")
    return value


def refuse_unknown(value: Mapping[str, Any], known: Iterable[str], name: str) -> None:
    """
    Check that an object has no other keys.

    :param value: the object.
    :param known: allowed keys.
    :param name: what the message calls the object.
    :raises ApiError: 400, naming the other keys.
    """
    allowed = list(known)
    unknown = sorted(set(value) - set(allowed))
    if unknown:
        raise invalid(f"Unrecognized key {', '.join(unknown)} in {name}; it takes {', '.join(allowed)}.")


def json_type(value: Any) -> str:
    """
    Name the JSON type of a value.

    :param value: what ``json.loads`` returns.
    :return: ``null``, ``boolean``, ``number``, ``string``, ``array`` or ``object``.
    """
    names = {type(None): "null", bool: "boolean", int: "number", float: "number", str: "string", list: "array"}
    return names.get(type(value), "object")


def query_choice(request: Request, name: str, allowed: Iterable[str]) -> str | None:
    """
    Read a query parameter that takes one of a few values.

    :param request: the request.
    :param name: query parameter.
    :param allowed: the values.
    :return: the value; None when it was not sent.
    :raises ApiError: 400, naming the allowed values.
    """
    value = request.query_params.get(name)
    choices = list(allowed)
    if value is not None and value not in choices:
        raise invalid(f"{name} must be one of {', '.join(choices)}.")
    return value


def matches_name(needle: str | None, name: str) -> bool:
    """
    Apply ``nameContains`` or ``fileNameContains``, which ignore case here.

    :param needle: text looked for; None matches everything.
    :param name: a name.
    :return: whether the name contains the text.
    """
    return needle is None or needle.casefold() in name.casefold()
