"""Detecting the fields of a form on the way to filling it: a run before the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.events import read_event
from extend_provider.operators.base import ExtendCreateRunOperator

if TYPE_CHECKING:
    from extend_provider._compat import Context
    from extend_provider.models import Run
    from extend_provider.submit.form_order import DetectionOrder

__all__ = ["ExtendDetectingOperator"]


class ExtendDetectingOperator(ExtendCreateRunOperator):
    """Base of an operator that may have to wait for a form detection run before it can create its own run."""

    _context: Context
    _detection_id: str | None = None

    def work(self, context: Context) -> str | dict[str, Any]:
        """See :meth:`ExtendCreateRunOperator.work`; may be left for a detection, and is begun anew after it."""
        self._context = context
        return super().work(context)

    def execute_detected(
        self, context: Context, event: Any = None, awaited: Any = None, **_: Any
    ) -> str | dict[str, Any]:
        """Go on after the triggerer has waited for a form detection."""
        with self.at_once_if_hopeless(), self.hook:
            self._detection_id = read_event(self.own_event(event, awaited))["run_id"]
            try:
                return self.work(context)
            finally:
                # Under `dag.test()`, the same object may do another run's work.
                self._detection_id = None

    def detect(self, order: DetectionOrder) -> Run:
        """
        Return the finished detection of a form's fields; a retry takes that of an earlier try.

        Form detection runs cannot be listed, so that only Airflow's task state store (3.3 and newer) remembers them.

        :param order: what to detect.
        :raises ExtendOutcomeUnknownError: an earlier try may have paid for one, and nothing remembers it.
        :raises ExtendRunError: it came to nothing.
        """
        from extend_provider.results import result_of

        run = self.hook.get_run(self._detection_id, order.kind.name) if self._detection_id else self._detected(order)
        result = result_of(order.kind, run)
        self.log.info("Extend form_detection run %s has the form's fields; credits: %s.", run.id, result["credits"])
        return run

    def _detected(self, order: DetectionOrder) -> Run:
        from extend_provider.submit.find_or_submit import find_or_submit

        self.log.info("No schema is given: the form's fields have to be detected, which costs credits as well.")
        found = find_or_submit(self.hook, order, self._context, reattach=self.reattach, note="extend_form_detection")
        self.hold(self._context, found.run.id, order.kind.name)
        run = self.ended(found, order.kind, "execute_detected")
        self._run_id = None
        return run
