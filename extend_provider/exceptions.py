"""
What can go wrong, by meaning. Catch :class:`ExtendError` for everything that this package raises on purpose.

::

    ExtendError
    ├── ExtendConfigurationError       the connection or an argument cannot work; nothing was sent
    ├── ExtendApiError                 Extend answered with an error
    │   ├── ExtendAuthenticationError      401  the API key is wrong, or belongs to another region
    │   ├── ExtendCreditsError             402  out of credits, or the workspace is blocked
    │   ├── ExtendPermissionError          403  the key may not do this, or the workspace id is missing
    │   ├── ExtendNotFoundError            404  no such object in this workspace and environment
    │   ├── ExtendInvalidRequestError      4xx  the request itself is wrong
    │   ├── ExtendRateLimitError           429  too many requests, and no time left to wait
    │   └── ExtendServerError              5xx  Extend failed
    ├── ExtendTransportError           no answer: name, network, TLS, proxy or timeout
    ├── ExtendResponseError            an answer that is not what the API describes
    ├── ExtendOutcomeUnknownError      a paid call may or may not have happened; look before repeating it
    ├── ExtendFileError                a local or remote file could not be read or written
    └── ExtendRunError                 a run exists, but has no result to use
        ├── ExtendRunFailedError           Extend reports that the run failed, with reason and remedy
        ├── ExtendNoOutputError            the run is processed, but gave no file
        ├── ExtendReviewNeededError        a human has to look at the run, and the task was told not to wait for that
        └── ExtendRunTimeoutError          the run did not end in the given time
            └── ExtendUnknownStatusError       at the deadline its status was one that this version does not know

None of them derives from an Airflow exception: the same classes serve scripts, tests and triggers, and a sensor's
``soft_fail`` turns only a timeout into a skip, never a wrong key into "no data".
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ExtendApiError",
    "ExtendAuthenticationError",
    "ExtendConfigurationError",
    "ExtendCreditsError",
    "ExtendError",
    "ExtendFileError",
    "ExtendInvalidRequestError",
    "ExtendNoOutputError",
    "ExtendNotFoundError",
    "ExtendOutcomeUnknownError",
    "ExtendPermissionError",
    "ExtendRateLimitError",
    "ExtendResponseError",
    "ExtendReviewNeededError",
    "ExtendRunError",
    "ExtendRunFailedError",
    "ExtendRunTimeoutError",
    "ExtendServerError",
    "ExtendTransportError",
    "ExtendUnknownStatusError",
]


class ExtendError(Exception):
    """
    Root of all errors of this package.

    :param message: what happened, in one sentence.
    :param hint: what to do next; shown after the message.
    :param status_code: HTTP status of the answer, where there was one.
    :param code: Extend's own machine-readable error code.
    :param request_id: Extend's id of the request, to quote to its support.
    :param doc_url: Extend's documentation page about this error.
    :param retryable: whether the same call may succeed later without a change.
    """

    # Defaults on the classes, so that an exception restored from an event of another version lacks nothing.
    message: str = ""
    hint: str | None = None
    status_code: int | None = None
    code: str | None = None
    request_id: str | None = None
    doc_url: str | None = None
    retryable: bool = False

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status_code: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        doc_url: str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status_code = status_code
        self.code = code
        self.request_id = request_id
        self.doc_url = doc_url
        self.retryable = retryable

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are pickled by calling the class with `args`, which keyword-only facts do not survive.
        return restore, (type(self), vars(self))

    def __str__(self) -> str:
        facts = [
            f"HTTP {self.status_code}" if self.status_code else None,
            f"code {self.code}" if self.code else None,
            f"request id {self.request_id}" if self.request_id else None,
            f"see {self.doc_url}" if self.doc_url else None,
        ]
        known = ", ".join(fact for fact in facts if fact)
        parts = [self.message, self.hint, f"[{known}]" if known else None]
        return " ".join(str(part) for part in parts if part)


def restore(cls: type[ExtendError], facts: dict[str, Any]) -> ExtendError:
    """
    Make an exception again from its class and its attributes.

    :param cls: its class.
    :param facts: what ``vars()`` gave of the original.
    """
    error = cls.__new__(cls)
    error.args = (str(facts.get("message", "")),)
    vars(error).update(facts)
    return error


class ExtendConfigurationError(ExtendError):
    """The connection or an argument cannot work; nothing was sent."""


class ExtendApiError(ExtendError):
    """
    Extend answered with an error.

    :param retry_after: seconds after which Extend accepts requests again, where it said so.
    """

    retry_after: float | None = None

    def __init__(self, message: str, *, retry_after: float | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.retry_after = retry_after


class ExtendAuthenticationError(ExtendApiError):
    """The API key is missing, wrong, revoked, or belongs to another region (401)."""


class ExtendCreditsError(ExtendApiError):
    """The workspace is out of credits or blocked (402)."""


class ExtendPermissionError(ExtendApiError):
    """The API key may not do this, or names no workspace (403)."""


class ExtendNotFoundError(ExtendApiError):
    """No such object in this workspace and environment (404)."""


class ExtendInvalidRequestError(ExtendApiError):
    """The request is wrong; repeating it unchanged gives the same answer (400, 409, 410, 422)."""


class ExtendRateLimitError(ExtendApiError):
    """Too many requests, and waiting longer would exceed the deadline (429)."""


class ExtendServerError(ExtendApiError):
    """Extend failed to answer the request (5xx)."""


class ExtendTransportError(ExtendError):
    """
    No answer came back: name resolution, network, TLS, proxy or a timeout.

    :param sent: whether Extend may have received the request all the same.
    """

    sent: bool = True

    def __init__(self, message: str, *, sent: bool = True, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.sent = sent


class ExtendResponseError(ExtendError):
    """The answer is not what the API describes, for example a proxy's HTML page."""


class ExtendOutcomeUnknownError(ExtendError):
    """
    A call that costs credits may or may not have been carried out, or a run can no longer be seen.

    Nothing was repeated, because that could pay twice. Look for the run or file in Extend first.

    :param run_id: the run, where its id is known.
    :param retry_after: seconds after which Extend accepts requests again, where it said so.
    """

    run_id: str | None = None
    retry_after: float | None = None

    def __init__(
        self, message: str, *, run_id: str | None = None, retry_after: float | None = None, **facts: Any
    ) -> None:
        super().__init__(message, **facts)
        self.run_id = run_id
        self.retry_after = retry_after


class ExtendFileError(ExtendError):
    """
    A file on this side could not be found, read or written.

    :param is_missing: whether the storage has said that there is no such file.
    """

    is_missing: bool = False

    def __init__(self, message: str, *, is_missing: bool = False, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.is_missing = is_missing


class ExtendRunError(ExtendError):
    """
    A run exists, but has no result to use.

    :param run_id: the run.
    :param kind: its kind, for example ``edit``.
    :param status: the status last seen, as Extend spells it.
    """

    run_id: str = ""
    kind: str = ""
    status: str | None = None

    def __init__(self, message: str, *, run_id: str, kind: str, status: str | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.run_id = run_id
        self.kind = kind
        self.status = status


class ExtendRunFailedError(ExtendRunError):
    """
    Extend reports that the run failed.

    ``retryable`` tells whether a new run of the same input is worth paying for.

    :param reason: Extend's ``failureReason``.
    :param failure_message: Extend's text about it, with form values taken out.
    """

    reason: str | None = None
    failure_message: str | None = None

    def __init__(
        self, message: str, *, reason: str | None = None, failure_message: str | None = None, **facts: Any
    ) -> None:
        super().__init__(message, **facts)
        self.reason = reason
        self.failure_message = failure_message


class ExtendNoOutputError(ExtendRunError):
    """The run is processed, but has no output file: usually the schema matched nothing in the document."""


class ExtendReviewNeededError(ExtendRunError):
    """A human has to look at the run, and the task was told not to wait for that (``on_review="fail"``)."""


class ExtendRunTimeoutError(ExtendRunError):
    """The run did not end in the given time. It may still be running, and is not cancelled by this."""


class ExtendUnknownStatusError(ExtendRunTimeoutError):
    """The run did not end in the given time, and its last status is one that this version does not know."""
