"""What operators and sensors share about arguments: rendering without showing secrets, and reading them after it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.redaction import redact_config, redact_file

if TYPE_CHECKING:
    # For the type checker only: a mixin of operators and sensors, which share this base on every version.
    from extend_provider._compat import BaseOperator as _TaskBase
else:
    _TaskBase = object

__all__ = ["RedactedTemplateFields", "json_object", "required_text", "seconds"]


class RedactedTemplateFields(_TaskBase):
    """
    Keep form values and presigned URLs out of the *Rendered Template* page.

    Airflow stores template fields in its database right after rendering them. So the rendered value is put aside for
    :meth:`rendered`, and the field itself shows what may be shown. Put this class before the operator's base class.
    """

    redactions: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "config": redact_config,
        "file": redact_file,
        "password": lambda password: password and "***",
    }
    _hidden: Mapping[str, Any] | None = None

    def rendered(self, name: str) -> Any:
        """Return a template field as it was rendered."""
        return self._hidden[name] if self._hidden and name in self._hidden else getattr(self, name)

    def _do_render_template_fields(self, parent: Any, *args: Any, **kwargs: Any) -> None:
        """Render, then hide. Airflow calls this one method for ordinary and for mapped tasks, on all versions."""
        if parent is self:
            # `dag.test()` renders the same object again for a retry: start from the values, not from what was shown.
            for name, value in (self._hidden or {}).items():
                setattr(self, name, value)
        super()._do_render_template_fields(parent, *args, **kwargs)
        if parent is self:
            names = [name for name in self.redactions if hasattr(self, name)]
            self._hidden = {name: getattr(self, name) for name in names}
            for name in names:
                setattr(self, name, self.redactions[name](self._hidden[name]))


def json_object(value: Any, name: str) -> dict[str, Any] | None:
    """
    Return a dict argument that may have been rendered to JSON text.

    :raises ExtendConfigurationError: it is something else.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else None
        except ValueError:
            raise ExtendConfigurationError(f"The argument {name} is text, but not JSON.") from None
    if value is None or isinstance(value, dict):
        return value
    raise ExtendConfigurationError(f"The argument {name} must be a dict or JSON text, not {type(value).__name__}.")


def required_text(value: Any, name: str) -> str:
    """
    Return a text argument.

    :raises ExtendConfigurationError: it is missing; `None` as text is what Jinja makes of a missing XCom.
    """
    if not isinstance(value, str) or value.strip() in {"", "None"}:
        raise ExtendConfigurationError(
            f"The argument {name} is empty.", hint="If it comes from another task's XCom, check that the task ran."
        )
    return value.strip()


def seconds(value: Any, name: str) -> float | None:
    """
    Return a duration given as a number of seconds, text of one, or a ``timedelta``; ``None`` stays ``None``.

    :raises ExtendConfigurationError: it is something else, or not above zero.
    """
    if value is None or value == "":
        return None
    try:
        number = value.total_seconds() if isinstance(value, timedelta) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 < number < float("inf"):
        raise ExtendConfigurationError(f"The argument {name} must be a number of seconds above zero, or a timedelta.")
    return number
