"""Command line: ``python -m extend_provider.local``."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from extend_provider.local.extra import MissingExtraError, require_extra
from extend_provider.local.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extend_provider.local.server import Server
    from extend_provider.local.service import Service


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Serve until SIGTERM or SIGINT.

    The first line on standard output is JSON with ``base_url`` and ``api_key``; it comes when requests are answered.

    :param arguments: command line; None for the process's own.
    :return: exit code.
    """
    signal.signal(signal.SIGTERM, _exit)
    signal.signal(signal.SIGINT, _exit)
    try:
        settings = _read_settings(arguments)
        require_extra()
        return _serve(settings)
    except (MissingExtraError, OSError, RuntimeError, ValueError) as error:
        print(f"extend_provider.local: {error}", file=sys.stderr)  # noqa: T201 - a command line tells its user
        return 1


def _serve(settings: Settings) -> int:
    from extend_provider.local.server import Server
    from extend_provider.local.service import Service

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("extend_provider.local").setLevel(logging.INFO)
    service = Service(settings)
    try:
        server = Server(service, on_ready=lambda: _announce(server, service))
        server.run()
    finally:
        service.close()
    return 0


def _announce(server: Server, service: Service) -> None:
    line = {"base_url": server.base_url, "api_key": service.keys.api_key}
    if service.settings.workspace_id is not None:
        line["workspace_id"] = service.settings.workspace_id
    print(json.dumps(line), flush=True)  # noqa: T201 - whoever started the service waits for this line


def _exit(*_: object) -> NoReturn:
    # The server ends cleanly on a signal and then raises it again; ending here lets "finally" clauses run.
    sys.exit(0)


def _read_settings(arguments: Sequence[str] | None) -> Settings:
    parser = argparse.ArgumentParser(
        prog="python -m extend_provider.local",
        description="A local Extend service for demos and tests: files and runs of API version 2026-02-09.",
    )
    defaults = Settings()
    add = parser.add_argument
    add("--host", default=defaults.host, help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=defaults.port, help="TCP port (default: a free one)")
    add("--data-dir", help="folder that keeps files and runs (default: a temporary one)")
    add(
        "--processing-time",
        type=float,
        default=defaults.processing_time,
        metavar="SECONDS",
        help="how long runs stay PROCESSING (default: %(default)s)",
    )
    add("--api-key", help="the only accepted key (default: made up)")
    add("--workspace-id", help="makes the key organization-scoped: requests must name this workspace")
    add("--max-file-size", type=int, default=defaults.max_file_size, metavar="BYTES", help="(default: %(default)s)")
    add("--credits", type=int, help="credits that may be spent (default: no limit)")
    add(
        "--url-ttl",
        type=float,
        default=defaults.url_ttl,
        metavar="SECONDS",
        help="life of a presigned URL (default: %(default)s)",
    )
    add("--rate-limit", type=float, metavar="N", help="requests per second for each of GET, WRITE and RUN")
    add("--rate-burst", type=int, metavar="N", help="requests that may come at once (default: one second's worth)")
    add(
        "--webhook-retry-delay",
        type=float,
        default=defaults.webhook_retry_delay,
        metavar="SECONDS",
        help="time before a webhook event is sent again; doubles each time (default: %(default)s)",
    )
    add("--declarations", metavar="FILE", help="JSON file with processors to declare, see docs/local-service.md")
    add("--allow-private-urls", action="store_true", help="download file.url from private addresses too")
    return Settings(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
