"""What the pages show as ``values`` and ``config`` fills forms."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from pydantic import BaseModel, create_model

from dev.pages import ROOT, Block
from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from tests.docs.claims import BLOCKS, claim, is_python, the_block
from tests.task_runs import run_task

if TYPE_CHECKING:
    from extend_provider.local import LocalService

ONBOARDING = ROOT / "example_dags" / "forms" / "onboarding.pdf"


def assigned(block: Block) -> Iterator[tuple[str, Any]]:
    """Name and value of each assignment, if the block consists of such."""
    for node in ast.parse(block.code).body:
        if not isinstance(node, ast.Assign):
            return
        try:
            yield ast.unparse(node.targets[0]), ast.literal_eval(node.value)
        except ValueError:
            return


ASSIGNED = [(block, *pair) for block in BLOCKS if is_python(block) for pair in assigned(block)]
CONFIGS = [(block, value) for block, name, value in ASSIGNED if name == "config"]
VALUES = [value for _, name, value in ASSIGNED if name == "values"]
claim(block for block, name, _ in ASSIGNED if name in {"config", "values"})
PROBLEMS = the_block("docs/filling-forms.md", "The values do not fit the form")
# By the name of a field that is to be filled, what else is filled with it.
FILLED = {
    "Business type": ["business_type", "full_name"],
    "schema": ["business_type", "consent", "full_name", "reference"],
    "legal_name: ": ["city", "legal_name"],
    '"legal_name"': ["legal_name"],
    "…": [],
}


@pytest.mark.parametrize(("block", "config"), CONFIGS, ids=lambda value: str(value)[:40])
def test_a_config_fills_what_it_names(
    block: Block, config: dict[str, Any], extend_local: LocalService, text_form_file: Path
) -> None:
    (filled,) = [names for part, names in FILLED.items() if part in str(config) or part in config]
    form = text_form_file if "legal_name" in filled else ONBOARDING
    fill = ExtendCreateEditRunOperator(task_id="fill", file=str(form), config=config)
    fill.render_template_fields({"params": {"name": "Kim Lee"}})

    assert sorted(run_task(fill).value["filled_fields"]) == filled


class Address(BaseModel):
    street: str
    city: str


class Person(BaseModel):
    """The form that the page tells of."""

    first_name: str
    consent: bool
    address: Address | None = None


def test_both_ways_to_name_fields_in_a_group_fill_the_same(extend_local: LocalService, text_form_file: Path) -> None:
    filled = []
    for values in VALUES:
        task = ExtendCreateEditRunOperator(task_id="fill", file=str(text_form_file), schema=Person, values=values)
        run_task(task)
        filled.append([body for request in extend_local.requests if (body := request.body) and "config" in body][-1])

    assert len(filled) == 2
    assert filled[0]["config"] == filled[1]["config"]
    assert "Portland" in str(filled[0]["config"])


def test_the_list_of_problems_is_what_is_said(extend_local: LocalService, text_form_file: Path) -> None:
    kinds = Literal["sole_proprietor", "partnership", "llc"]
    model = create_model(
        "Form",
        first_name=(str | None, None),
        consent=(bool | None, None),
        business_type=(kinds | None, None),
        signed_on=(str, ...),
        address=(Address | None, None),
    )
    values = {"frist_name": "Jordan", "consent": "{{ params.consent }}", "business_type": "LLC"}
    fill = ExtendCreateEditRunOperator(task_id="fill", file=str(text_form_file), schema=model, values=values)
    fill.render_template_fields({"params": {"consent": True}})

    with pytest.raises(ExtendConfigurationError) as refused:
        run_task(fill)

    assert str(refused.value) == PROBLEMS.code.rstrip("\n")
    assert extend_local.runs_created == 0
