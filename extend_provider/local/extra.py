"""The packages of the extra ``[local]``."""

from __future__ import annotations

from importlib.util import find_spec

_MODULES = {
    "pypdf": ("pypdf",),
    "pypdfium2": ("pypdfium2",),
    "python-multipart": ("python_multipart", "multipart"),  # renamed in 0.0.13
    "starlette": ("starlette",),
    "uvicorn": ("uvicorn",),
}


class MissingExtraError(ImportError):
    """The local service was asked for, but the extra ``[local]`` is not installed."""


def require_extra() -> None:
    """
    Check that everything the local service needs is installed.

    :raises MissingExtraError: something is missing; the message says what, and the command that installs it.
    """
    missing = [name for name, modules in _MODULES.items() if all(find_spec(module) is None for module in modules)]
    if missing:
        raise MissingExtraError(
            f"The local Extend service needs {', '.join(missing)}. "
            "Install it with: pip install 'airflow-provider-extend[local]'"
        )
