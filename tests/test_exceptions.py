"""Errors: what they tell, that they survive a pickle, and how they are related."""

from __future__ import annotations

import copy
import inspect
import json
import pickle

import pytest

from extend_provider import exceptions
from extend_provider.exceptions import (
    ExtendApiError,
    ExtendError,
    ExtendFileError,
    ExtendNoOutputError,
    ExtendOutcomeUnknownError,
    ExtendRateLimitError,
    ExtendRunError,
    ExtendRunTimeoutError,
    ExtendServerError,
    ExtendTransportError,
    ExtendUnknownStatusError,
    restore,
)
from tests.error_facts import GENERAL, facts_of

CLASSES = [getattr(exceptions, name) for name in exceptions.__all__]


def test_the_public_names_are_the_classes_of_the_module():
    defined = [
        name
        for name, member in vars(exceptions).items()
        if inspect.isclass(member) and issubclass(member, Exception) and member.__module__ == exceptions.__name__
    ]

    assert sorted(defined) == sorted(exceptions.__all__)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_class_is_documented_and_stands_in_the_overview(cls):
    assert cls.__doc__
    assert cls.__name__ in exceptions.__doc__
    assert issubclass(cls, ExtendError)


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize(
    "clone",
    [copy.copy, copy.deepcopy, *[lambda e, p=p: pickle.loads(pickle.dumps(e, p)) for p in range(6)]],
    ids=["copy", "deepcopy", *[f"pickle{p}" for p in range(6)]],
)
def test_every_error_survives_copying_with_all_its_facts(cls, clone):
    error = cls("It broke.", **facts_of(cls))

    again = clone(error)

    assert type(again) is cls
    assert vars(again) == vars(error) == {"message": "It broke.", **facts_of(cls)}
    assert str(again) == str(error)
    assert again.args == error.args == ("It broke.",)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_survives_json(cls):
    error = cls("It broke.", **facts_of(cls))

    again = restore(cls, json.loads(json.dumps(vars(error))))

    assert vars(again) == vars(error)
    assert str(again) == str(error)


@pytest.mark.parametrize("cls", CLASSES)
def test_an_error_of_another_version_lacks_nothing(cls):
    """An older or newer package may know fewer or more facts."""
    error = restore(cls, {"message": "It broke.", "fact_of_tomorrow": [1]})

    assert str(error) == "It broke."
    assert error.fact_of_tomorrow == [1]
    for fact in facts_of(cls):
        assert hasattr(error, fact)
    assert error.retryable is False


@pytest.mark.parametrize(
    "facts", [{}, {"message": None}, {"message": 5, "hint": ["x"], "status_code": "400", "code": 7}]
)
def test_even_a_garbled_error_can_be_shown(facts):
    assert isinstance(str(restore(ExtendError, facts)), str)


def test_an_error_tells_what_happened_what_to_do_and_what_to_quote():
    error = ExtendApiError("The key is wrong.", **GENERAL)

    assert str(error) == (
        "The key is wrong. Do that. [HTTP 400, code SOME_CODE, request id req_1, see https://docs.example/errors]"
    )


def test_an_error_without_facts_is_its_message():
    assert str(ExtendError("It broke.")) == "It broke."
    assert str(ExtendError("It broke.", hint="Mend it.")) == "It broke. Mend it."


def test_every_error_has_the_general_facts():
    error = ExtendFileError("There is no file.")

    assert {fact: getattr(error, fact) for fact in GENERAL} == {**dict.fromkeys(GENERAL), "retryable": False}


def test_the_family():
    """What can be caught together."""
    assert issubclass(ExtendUnknownStatusError, ExtendRunTimeoutError)
    assert issubclass(ExtendNoOutputError, ExtendRunError)
    assert not issubclass(ExtendOutcomeUnknownError, (ExtendApiError, ExtendRunError))
    assert not issubclass(ExtendTransportError, ExtendApiError)
    assert ExtendServerError("x", retry_after=1.0).retry_after == ExtendRateLimitError("x", retry_after=1.0).retry_after
    for cls in CLASSES:
        assert cls.__mro__[-4:] == (ExtendError, Exception, BaseException, object)
