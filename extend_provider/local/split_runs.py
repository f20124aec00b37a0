"""Split runs: which documents a packet consists of, and each of them as a file of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from extend_provider.local.classifications import resolve_class_config
from extend_provider.local.documents.finder import Finder
from extend_provider.local.documents.keywords import Choice, Classifier
from extend_provider.local.documents.model import Reading
from extend_provider.local.documents.read import read_document
from extend_provider.local.engine import cut
from extend_provider.local.errors import RunFailure
from extend_provider.local.file_types import PDF
from extend_provider.local.names import normalise
from extend_provider.local.page_ranges import page_ranges
from extend_provider.local.processor_kinds import processor_kind
from extend_provider.local.processors import resolve_processor
from extend_provider.local.run_kind import Document, Job, Outcome, Produced, Resolved, Takes
from extend_provider.local.stamps import new_id

if TYPE_CHECKING:
    from extend_provider.local.store import Store


def resolve_split_config(config: Any) -> dict[str, Any]:
    """
    Check the configuration of a split run or splitter.

    :param config: what was sent.
    :return: effective configuration.
    :raises ApiError: 400, a value has the wrong type.
    """
    return resolve_class_config(config, "splitClassifications", "splitting_performance")


@dataclass
class _Part:
    """Neighbouring pages of one document."""

    first: int
    last: int
    choice: Choice
    identifier: str | None


def _resolve(body: dict[str, Any], store: Store) -> Resolved:
    return Resolved(*resolve_processor("splitter", body, store, resolve_split_config, optional=False))


def _process(job: Job) -> Outcome:
    document = job.document
    if document.type != PDF:
        raise RunFailure("FILE_TYPE_NOT_SUPPORTED", "The local service splits PDFs only.")
    reading = read_document(document, page_ranges(job.config))
    job.charge(len(reading.pages))
    parts = _parts(reading, Classifier(job.config["splitClassifications"]))
    made = [_produced(document, part) for part in parts]
    counts: dict[str, int] = {}
    splits = []
    for part, file in zip(parts, made, strict=True):
        kind = part.choice.classification
        counts[kind["id"]] = counts.get(kind["id"], 0) + 1
        identifier = part.identifier or f"{kind['id']}_{counts[kind['id']]}"
        splits.append(_split(part, file, identifier))
        if file.parent_split is not None:
            file.parent_split["identifier"] = identifier
    return Outcome({"splits": splits}, pages=len(reading.pages), parts=tuple(made))


def _parts(reading: Reading, classifier: Classifier) -> list[_Part]:
    """Runs of pages of one class. A page without any keyword goes on with the page before."""
    parts: list[_Part] = []
    for page in reading.pages:
        fields = tuple(item for item in reading.fields if item.page == page.number)
        alone = Reading((page,), reading.media_type, fields, reading.file_id)
        choice = classifier.choose(alone.text)
        identifier = _identifier(choice, alone)
        last = parts[-1] if parts and parts[-1].last == page.number - 1 else None
        same = last is not None and (not choice.matched or last.choice.classification == choice.classification)
        if last is not None and same and (None in (identifier, last.identifier) or identifier == last.identifier):
            last.last = page.number
            last.identifier = last.identifier or identifier
        else:
            parts.append(_Part(page.number, page.number, choice, identifier))
    return parts


def _identifier(choice: Choice, page: Reading) -> str | None:
    """The value of the label that the rule of the class names, as in "Extract the invoice number"."""
    rule = normalise(choice.classification.get("identifierKey") or "")
    if not rule or not choice.matched:
        return None
    labels = [item for item in Finder([page]).labelled if normalise(item.label) and normalise(item.label) in rule]
    return max(labels, key=lambda item: len(item.label)).value if labels else None


def _produced(document: Document, part: _Part) -> Produced:
    kind = part.choice.classification
    stem = PurePath(document.name).stem
    split = {
        "id": new_id("split_"),
        "type": kind["type"],
        "identifier": "",
        "startPage": part.first,
        "endPage": part.last,
    }
    return Produced(
        name=f"{stem}-{kind['id']}-{part.first}-{part.last}.pdf",
        data=cut(document.data, document.password, part.first, part.last),
        type=PDF,
        page_count=part.last - part.first + 1,
        parent_file_id=document.id,
        parent_split=split,
    )


def _split(part: _Part, file: Produced, identifier: str) -> dict[str, Any]:
    return {
        "id": (file.parent_split or {})["id"],
        "classificationId": part.choice.classification["id"],
        "type": part.choice.classification["type"],
        "identifier": identifier,
        "observation": part.choice.reason,
        "startPage": part.first,
        "endPage": part.last,
        "fileId": file.id,
        "name": file.name,
    }


SPLIT = processor_kind(
    name="split",
    role="splitter",
    takes=Takes(keys=("splitter", "config"), texts=False),
    id_prefix="splr_",
    resolve=_resolve,
    process=_process,
    credits_per_page=1,
)
