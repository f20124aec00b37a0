"""Tasks whose first try breaks after the run is there, so that the next one can take it."""

from __future__ import annotations

from typing import Any

from extend_provider.operators.edit import ExtendCreateEditRunOperator


class FailsOnceOperator(ExtendCreateEditRunOperator):
    """Its first try, or that of one map index only, waits for the run and then breaks."""

    def __init__(self, *, only_index: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.only_index = only_index

    def finish(self, context: Any, result: dict[str, Any]) -> dict[str, Any]:
        instance = context["ti"]
        if instance.try_number == 1 and instance.map_index == self.only_index:
            raise RuntimeError("on purpose")
        return super().finish(context, result)
