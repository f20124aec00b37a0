"""Client of Airflow 3's REST API, for a stack in which every caller is an administrator."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any

from dev.loopback import ExchangeError, exchange

_PAUSE = 0.2


class AirflowApi:
    """
    Calls the API server.

    :param base_url: of the API server and of the web interface, without a slash at the end.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._token = ""

    def answers(self) -> bool:
        """Tell whether the server is up, for its users and for the workers."""
        try:
            exchange("GET", f"{self.base_url}/api/v2/version")
            # The server builds the workers' API on its first request, for seconds, in which a task would have to wait.
            # It also makes up a token for requests without one, which its workers' API then complains of in the log.
            exchange("GET", f"{self.base_url}/execution/health", authorization="None")
        except ExchangeError:
            return False
        return True

    def request(self, method: str, path: str, body: object = None, timeout: float = 60.0) -> Any:
        """
        Send a request. A server error is retried: a busy SQLite makes Airflow answer 500 now and then.

        :param method: HTTP method.
        :param path: below ``/api/v2``, for example ``/dags``.
        :param body: JSON value; None sends none.
        :param timeout: seconds during which to retry.
        :return: JSON value of the answer; None if it is empty.
        :raises ExchangeError: if the request is refused, or still fails at the end of the time.
        """
        deadline = time.monotonic() + timeout
        while True:
            try:
                if not self._token:
                    self._token = exchange("GET", f"{self.base_url}/auth/token")["access_token"]
                return exchange(method, f"{self.base_url}/api/v2{path}", body, f"Bearer {self._token}")
            except ExchangeError as error:
                refused = 0 < error.status < HTTPStatus.INTERNAL_SERVER_ERROR
                if refused or time.monotonic() > deadline:
                    raise
            time.sleep(_PAUSE)
