"""The kinds of run that the service knows, and the processors that can be declared for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.local.classify_runs import CLASSIFY, resolve_classify_config
from extend_provider.local.edit_runs import EDIT
from extend_provider.local.extract_runs import EXTRACT, resolve_extract_config
from extend_provider.local.form_detection_runs import FORM_DETECTION
from extend_provider.local.parse_runs import PARSE
from extend_provider.local.split_runs import SPLIT, resolve_split_config
from extend_provider.local.workflow_config import check_workflow
from extend_provider.local.workflow_runs import WORKFLOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from extend_provider.local.run_kind import RunKind

KINDS: dict[str, RunKind] = {
    kind.name: kind for kind in (EDIT, FORM_DETECTION, PARSE, EXTRACT, CLASSIFY, SPLIT, WORKFLOW)
}

PROCESSOR_CONFIGS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "extractor": resolve_extract_config,
    "classifier": resolve_classify_config,
    "splitter": resolve_split_config,
    "workflow": check_workflow,
}
