"""Policies and observers that are attached to a model are checked at once."""

from collections.abc import Callable
from typing import Any

import pytest

from chatmodels.core import ConfigurationError
from chatmodels.core.extending import CallInfo, StandardChatModel


class Watching:
    def start(self, call: CallInfo) -> None:
        """Watch nothing."""

    def end(self, token: object, response: object, error: object) -> None:
        """Watch nothing."""


class Silent(StandardChatModel):
    def respond(self, request: Any, call: Any, /) -> Any:
        """Is not called."""


class Ended:
    def end(self, token: object, response: object, error: object) -> None:
        """Watch nothing."""


def passing(call: Any, request: Any) -> Any:
    """Is not called."""


MODEL = Silent("acme", "large")


@pytest.mark.parametrize(
    ("attach", "message"),
    [
        pytest.param(
            MODEL.with_policies,
            "policy must be a function or an object that can be called, not int; "
            "see chatmodels.core.extending.Policy",
            id="policy",
        ),
        pytest.param(
            MODEL.with_observers,
            "observer must be an object with the methods start and end, not int; "
            "see chatmodels.core.extending.Observer",
            id="observer",
        ),
    ],
)
def test_another_value_is_refused(attach: Callable[[Any], object], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        attach(3)
    assert str(caught.value) == message


@pytest.mark.parametrize("attach", [MODEL.with_policies, MODEL.with_observers])
def test_a_class_is_refused_with_the_call_that_creates_an_object(
    attach: Callable[[Any], object],
) -> None:
    with pytest.raises(ConfigurationError, match=r"not the class Watching; create one, as in "):
        attach(Watching)


@pytest.mark.parametrize("attach", [MODEL.with_policies, MODEL.with_observers])
def test_a_sequence_is_refused(attach: Callable[[Any], object]) -> None:
    with pytest.raises(ConfigurationError, match="not list; pass its items as separate arguments"):
        attach([passing, Watching()])


def test_an_observer_without_a_start_is_refused() -> None:
    observers: list[Any] = [Watching(), Ended()]
    with pytest.raises(ConfigurationError, match="start and end, not Ended"):
        Silent("acme", "large", observers=observers)


def test_the_policies_of_a_new_model_are_checked() -> None:
    policies: list[Any] = [passing, "retry"]
    with pytest.raises(ConfigurationError, match="not str"):
        Silent("acme", "large", policies=policies)
