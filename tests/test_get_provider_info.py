from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

from extend_provider import __version__
from extend_provider.connection_fields import FIELDS
from extend_provider.get_provider_info import get_provider_info
from extend_provider.hooks.connection import EXTRAS
from extend_provider.hooks.extend import ExtendHook


def test_valid_for_airflow() -> None:
    import airflow
    import jsonschema

    schema = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_everything_named_exists() -> None:
    info = get_provider_info()
    for section in ("hooks", "operators", "sensors", "triggers"):
        for group in info[section]:
            for module in group["python-modules"]:
                assert importlib.import_module(module).__all__
    for path in [*info["extra-links"], info["connection-types"][0]["hook-class-name"]]:
        module, _, name = path.rpartition(".")
        assert hasattr(importlib.import_module(module), name)


def test_names_agree_with_the_hook() -> None:
    (connection,) = get_provider_info()["connection-types"]
    assert connection["connection-type"] == ExtendHook.conn_type
    assert connection["hook-name"] == ExtendHook.hook_name
    assert list(connection["conn-fields"]) == list(EXTRAS) == [field.name for field in FIELDS]
    assert get_provider_info()["versions"] == [__version__]


def test_choices_are_the_clients_regions() -> None:
    from extend_provider.client import API_VERSION, REGIONS
    from extend_provider.client.settings import DEFAULT_REQUESTS_PER_SECOND

    fields = get_provider_info()["connection-types"][0]["conn-fields"]
    assert fields["region"]["schema"]["enum"] == list(REGIONS)
    defaults = {field.name: field.default for field in FIELDS}
    assert defaults["api_version"] == API_VERSION
    assert float(defaults["requests_per_second"] or 0) == DEFAULT_REQUESTS_PER_SECOND


def test_airflow_discovers_it() -> None:
    code = (
        "from airflow.providers_manager import ProvidersManager as M; m = M();"
        "p = m.providers['airflow-provider-extend'];"
        "h = m.hooks['extend'];"
        "print(p.version, h.hook_name, h.connection_id_attribute_name, h.hook_class_name)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error:::extend_provider", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == (
        f"{__version__} Extend extend_conn_id extend_provider.hooks.extend.ExtendHook"
    )


def test_asking_imports_nothing_heavy() -> None:
    code = (
        "import sys; from extend_provider.get_provider_info import get_provider_info; get_provider_info();"
        "print([m for m in ('airflow', 'httpx', 'pydantic', 'starlette') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
