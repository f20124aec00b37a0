"""What operators and sensors share about arguments: rendering without showing secrets, and reading them after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.redaction import (
    json_in,
    redact_config,
    redact_destination,
    redact_facts,
    redact_file,
    redact_schema,
    redact_secrets,
    redact_values,
)

if TYPE_CHECKING:
    # For the type checker only: a mixin of operators and sensors, which share this base on every version.
    from extend_provider._compat import BaseOperator as _TaskBase
else:
    _TaskBase = object

__all__ = ["ON_REVIEW", "RedactedTemplateFields", "is_missing", "json_object", "one_of", "required_text", "seconds"]

# What a task may do with a run that a human has to look at.
ON_REVIEW = ("wait", "succeed", "skip", "fail")

# Ten years. Airflow stores deadlines, and MySQL's timestamps end in 2038.
_LONGEST = 3653 * 86400.0


class RedactedTemplateFields(_TaskBase):
    """
    Keep form values and presigned URLs out of the *Rendered Template* page.

    Airflow stores template fields in its database right after rendering them. So the rendered value is put aside for
    :meth:`rendered`, and the field itself shows what may be shown. Put this class before the operator's base class.
    """

    redactions: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "config": redact_config,
        "file": redact_file,
        "files": redact_file,
        "markdown_path": redact_destination,
        "metadata": redact_facts,
        "outputs": lambda outputs: outputs and "***",
        "password": lambda password: password and "***",
        "path": redact_destination,
        "result_path": redact_destination,
        "schema": redact_schema,
        "secrets": redact_secrets,
        "values": redact_values,
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
        # Airflow calls whatever can be called in a template field, and a model class can.
        classes = {name: getattr(self, name) for name in self.template_fields if _is_class(getattr(self, name, None))}
        for name in classes:
            setattr(self, name, None)
        super()._do_render_template_fields(parent, *args, **kwargs)
        for name, value in classes.items():
            setattr(self, name, value)
        if parent is self:
            names = [name for name in self.redactions if hasattr(self, name)]
            self._hidden = {name: getattr(self, name) for name in names}
            for name in names:
                setattr(self, name, self.redactions[name](self._hidden[name]))


def _is_class(value: Any) -> bool:
    return isinstance(value, type)


def json_object(value: Any, name: str) -> dict[str, Any] | None:
    """
    Return a dict argument that may have been rendered to text: JSON, or what Jinja makes of a dict from XCom.

    :raises ExtendConfigurationError: it is something else.
    """
    if isinstance(value, str):
        try:
            value = json_in(value) if value.strip() else None
        except ValueError:
            raise ExtendConfigurationError(
                f"The argument {name} is text, but not JSON.", hint="In a template, write {{ … | tojson }}."
            ) from None
    if value is None or isinstance(value, dict):
        return value
    raise ExtendConfigurationError(f"The argument {name} must be a dict or JSON text, not {type(value).__name__}.")


def is_missing(value: Any) -> bool:
    """Whether an argument is nothing; `None` as text is what Jinja makes of a missing XCom."""
    return value is None or str(value).strip() in {"", "None"}


def required_text(value: Any, name: str) -> str:
    """
    Return a text argument.

    :raises ExtendConfigurationError: it is missing.
    """
    if not isinstance(value, str) or is_missing(value):
        raise ExtendConfigurationError(
            f"The argument {name} is empty.", hint="If it comes from another task's XCom, check that the task ran."
        )
    return value.strip()


def one_of(choices: tuple[str, ...], value: Any, name: str) -> str:
    """
    Return an argument that is one of a few words.

    :raises ExtendConfigurationError: it is none of them.
    """
    if value in choices:
        return str(value)
    raise ExtendConfigurationError(f"The argument {name} must be one of {', '.join(choices)}; not {value!r}.")


def seconds(value: Any, name: str) -> float | None:
    """
    Return a duration given as a number of seconds, text of one, or a ``timedelta``; ``None`` stays ``None``.

    :raises ExtendConfigurationError: it is something else, not above zero, or more than ten years.
    """
    if value is None or value == "":
        return None
    try:
        number = value.total_seconds() if isinstance(value, timedelta) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not 0 < number <= _LONGEST:
        raise ExtendConfigurationError(
            f"The argument {name} must be a number of seconds above zero and up to ten years, or a timedelta.",
            hint="For no limit or the default, give None.",
        )
    return number
